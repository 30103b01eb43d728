// The trust policy: which logs, which witnesses, how many of them (C2SP tlog-policy).
import { equal } from "./bytes.js";
import { ED25519, parseVerifierKey } from "./note.js";
import { refuse } from "./refused.js";

// A `Policy` from its text. A text without any of the format's words is a plain list of verifier keys: those of type 1
// are logs, nothing more is demanded.
export async function parsePolicy(words) {
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(words)) refuse("bad-policy", "a control character");
  const policy = new Policy();
  const rows = words.split("\n").map((line) => line.split(/[ \t]+/).filter(Boolean));
  const lines = rows.filter((items) => items.length && !items[0].startsWith("#"));
  if (!lines.some(([word]) => WORDS.has(word))) return policy.plain(lines);
  for (const items of lines) await policy.take(items);
  if (policy.quorum === undefined) refuse("bad-policy", "no quorum");
  return policy;
}

const WORDS = new Set(["log", "witness", "group", "quorum"]);

class Policy {
  constructor() {
    this.logs = []; // {key}
    this.witnesses = []; // {name, key}
    this.others = []; // further keys of a plain list
    this.groups = new Map(); // name → {least, members}; a witness is a group of its own key
    this.members = new Set();
    this.quorum = undefined;
  }

  async take([word, ...items]) {
    if (word === "log" && (items.length === 1 || items.length === 2)) return this.addKey(this.logs, items[0]);
    if (word === "witness" && (items.length === 2 || items.length === 3)) return this.addWitness(items);
    if (word === "group" && items.length >= 3) return this.addGroup(items);
    if (word === "quorum" && items.length === 1 && this.quorum === undefined) return this.setQuorum(items[0]);
    return refuse("bad-policy", `the line "${word} …"`);
  }

  async plain(lines) {
    for (const items of lines) {
      if (items.length !== 1) refuse("bad-policy", `the line "${items[0]} …"`);
      const key = await parseVerifierKey(items[0]);
      if (key.type === ED25519) this.logs.push({ key });
      else this.others.push(key);
    }
    this.quorum = "none";
    return this;
  }

  async addKey(list, encoded, name = undefined) {
    const key = await parseVerifierKey(encoded);
    const sameAs = (other) => (key.key && other.key ? equal(other.key, key.key) : other.text === key.text);
    if (list.some((other) => sameAs(other.key))) refuse("bad-policy", "a key twice");
    list.push({ name, key });
    return key;
  }

  async addWitness([name, encoded]) {
    this.define(name);
    const key = await this.addKey(this.witnesses, encoded, name);
    if (key.type === ED25519) refuse("bad-policy", "a witness signs with its time");
    this.groups.set(name, { key });
  }

  addGroup([name, least, ...members]) {
    for (const member of members) {
      if (!this.groups.has(member)) refuse("bad-policy", `${member} is not defined`);
      if (this.members.has(member)) refuse("bad-policy", `${member} is in two groups`);
      this.members.add(member);
    }
    const count = { any: 1, all: members.length }[least] ?? (/^[1-9][0-9]*$/.test(least) ? Number(least) : 0);
    if (count < 1 || count > members.length) refuse("bad-policy", `${least} of ${members.length}`);
    this.define(name);
    this.groups.set(name, { least: count, members });
  }

  setQuorum(name) {
    if (name !== "none" && !this.groups.has(name)) refuse("bad-policy", `${name} is not defined`);
    this.quorum = name;
  }

  define(name) {
    if (name === "none" || this.groups.has(name)) refuse("bad-policy", `${name} is defined twice`);
  }

  // Every key it names.
  keys() {
    return [...this.logs, ...this.witnesses].map(({ key }) => key).concat(this.others);
  }

  // Does it ask for anybody's signature beside the log's own?
  get asks() {
    return this.quorum !== "none";
  }

  // Who outside the log signed and when, newest first, by the names given here: [{name, at}]. A key under the log's own
  // name is the log's, whatever it is called.
  outside(held, origin) {
    const names = new Map([...this.others.map((key) => [key.text, key.name]), ...this.witnesses.map(({ name, key }) => [key.text, name])]);
    const signed = held.filter(({ key, at }) => at && key.name !== origin && names.has(key.text));
    return signed.map(({ key, at }) => ({ name: names.get(key.text).replaceAll("_", " "), at })).sort((a, b) => b.at - a.at);
  }

  // Have enough witnesses signed? `held`: as `verifyNote` gives it.
  check(held) {
    const signed = new Set(held.map(({ key }) => key.text));
    const holds = (name) => {
      const { key, least, members } = this.groups.get(name);
      return key ? signed.has(key.text) : members.filter(holds).length >= least;
    };
    return this.quorum === "none" || holds(this.quorum);
  }
}
