// Which keys may sign a checkpoint (docs/log.md §4): those the log itself promises, from a size on and up to a size.
import { COSIGNATURE, ED25519 } from "./note.js";
import { GENESIS, KEY } from "./types.js";

// The log's own signing keys among those whose signature holds: plain Ed25519 under the origin's name.
export const signersOf = (origin, held) => held.map(({ key }) => key).filter(({ name, type }) => name === origin && type === ED25519);

export const timesOf = (held) => held.filter(({ key, at }) => key.type === COSIGNATURE && at).map(({ key, at }) => ({ name: key.name, at }));

export class Promises {
  constructor() {
    this.rows = []; // {key, from}
    this.ends = new Map(); // key → the size it is retired at; what is retired stays retired
    this.root = undefined;
  }

  // Takes the entries of the log in order. A promise has effect on sizes above its own number only.
  take({ t, ev }, seq) {
    if (t === GENESIS) {
      this.rows = ev.keys.map((key) => ({ key, from: 0 }));
      this.root = ev.root;
    } else if (t === KEY && "add" in ev) {
      this.rows.push({ key: ev.add, from: Math.max(ev.from, seq + 1) });
    } else if (t === KEY) {
      this.ends.set(ev.retire, Math.min(this.ends.get(ev.retire) ?? Infinity, Math.max(ev.to, seq + 1)));
    }
  }

  // Is the key (its text) good for a checkpoint of this size?
  covers(key, size) {
    return this.rows.some((row) => row.key === key && row.from <= size) && !(this.ends.get(key) <= size);
  }

  // Does each line of a key history (docs/log.md §4) say what the log of this size says, in order, each key once?
  agrees(lines, size) {
    const found = new Map();
    let before = 0;
    for (const line of lines) {
      const [, from, to, key] = /^(0|[1-9][0-9]*) (-|0|[1-9][0-9]*) (\S+)$/.exec(line) ?? [];
      if (key === undefined || Number(from) < before || found.has(key)) return false;
      before = Number(from);
      found.set(key, { from: before, to: to === "-" ? undefined : Number(to) });
    }
    return [...found].every(([key, told]) => this.#says(key, told, size));
  }

  #says(key, { from, to }, size) {
    const row = this.rows.find((item) => item.key === key);
    if (!row) return from > size;
    const end = this.ends.get(key);
    return row.from === from && (to === undefined || (end === undefined ? to > size : to === end));
  }
}
