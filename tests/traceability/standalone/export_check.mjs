// Checks a whole static export with the modules of the trace page (docs/log.md; no code shared with the other verifiers).
import { compare, equal, hex, text } from "../../../static/js/log/bytes.js";
import { Chains } from "../../../static/js/log/chain.js";
import { readEntry } from "../../../static/js/log/entry.js";
import { fold } from "../../../static/js/log/fold.js";
import { leafHash } from "../../../static/js/log/hash.js";
import { Promises, signersOf } from "../../../static/js/log/keys.js";
import { dueHeight, mapRoot, mayStay } from "../../../static/js/log/lotmap.js";
import { ED25519, parseCheckpoint, parseNote, parseVerifierKey, verifyNote } from "../../../static/js/log/note.js";
import { parsePolicy } from "../../../static/js/log/policy.js";
import { Refused } from "../../../static/js/log/refused.js";
import { Edge } from "../../../static/js/log/tree.js";
import { GENESIS, MAP, ON_TARGETS_LOTS, OPERATOR_ONLY, REDACT, RELATIONS } from "../../../static/js/log/types.js";
import { ExportFolder, fail, FORK, Finding, INCOMPLETE, indexPath, SOUND, TAMPERED, tilesOf, USAGE } from "./export_files.mjs";
import { digest, ofLot } from "./fold_told.mjs";

// {exit, index, message}; raises nothing.
export async function checkExport(folder, policyText = undefined, since = undefined) {
  try {
    const check = new Check(new ExportFolder(folder));
    await check.run(policyText, since);
    return { exit: SOUND, message: "sound", story: (lot) => check.story(lot) };
  } catch (error) {
    if (error instanceof Finding) return { exit: error.exit, index: error.index, message: error.message };
    throw error;
  }
}

// What `work` refuses is this outcome.
async function or(exit, index, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) fail(exit, `${error.code}: ${error.message}`, index);
    throw error;
  }
}

class Check {
  constructor(files) {
    this.files = files;
    this.chains = new Chains();
    this.promises = new Promises();
    this.ids = new Set();
    this.seen = []; // {t, id, lots} of every entry
    this.lotKeys = new Map();
    this.mapHeight = undefined;
  }

  async run(policyText, sinceText) {
    const policy = policyText === undefined ? null : await or(USAGE, undefined, () => parsePolicy(policyText));
    const since = sinceText === undefined ? null : await or(USAGE, undefined, () => opened(sinceText));
    const note = this.files.need("checkpoint");
    const listed = this.files.need("keys");
    await or(TAMPERED, undefined, () => this.readCheckpoint(note, listed, policy));
    if (since) await this.checkSince(since);
    this.load();
    await this.readTiles(since);
    await this.readRedactions();
    this.readSnapshot();
    for (const tile of this.leafTiles) await this.readTile(tile);
    await this.checkTree();
    this.checkKeys();
    await or(TAMPERED, undefined, () => this.checkKeyHistory());
    if (since && since.checkpoint.size > this.size) fail(INCOMPLETE, "the export ends before the older note");
  }

  // The folded story of a lot of a sound export, as a digest.
  story(lot) {
    const records = this.seen.map((entry, seq) => ({ seq, leaf: hex(this.hashAt(seq)), entry })).filter(({ entry }) => entry.understood);
    return digest(ofLot(fold(records, this.operator), lot));
  }

  async readCheckpoint(note, listed, policy) {
    const { parsed, checkpoint } = opened(text(note));
    const lines = text(listed).split("\n").filter(Boolean);
    this.keys = [...await Promise.all(lines.map(parseVerifierKey)), ...(policy?.keys() ?? [])];
    const held = await verifyNote(parsed, this.keys);
    Object.assign(this, checkpoint);
    this.policy = policy;
    this.signers = this.signersAmong(held);
    if (!this.signers.length) fail(TAMPERED, "the checkpoint is not signed by a key of the log");
    if (policy && !policy.check(held)) fail(INCOMPLETE, "too few witnesses have signed");
    if (this.size === 0) fail(TAMPERED, "a checkpoint of the empty log");
  }

  // The log's own keys that have signed; with a policy that names logs, only those it names.
  signersAmong(held) {
    const logs = this.policy?.logs ?? [];
    return signersOf(this.origin, held).filter((key) => !logs.length || logs.some((log) => log.key.text === key.text));
  }

  async checkSince({ parsed, checkpoint }) {
    const held = await or(USAGE, undefined, () => verifyNote(parsed, this.keys));
    if (checkpoint.origin !== this.origin || !this.signersAmong(held).length) fail(USAGE, "the older note is not this log's");
  }

  // Every file the size needs is read; what is in them is looked at later.
  load() {
    this.leafTiles = [];
    this.upperTiles = [];
    for (const tile of tilesOf(this.size)) {
      const { hashes, surplus } = this.files.tile(tile);
      if (tile.level) this.upperTiles.push({ ...tile, hashes, surplus });
      else this.leafTiles.push({ ...tile, hashes, surplus, bundle: this.files.bundle(tile) });
    }
  }

  hashAt(seq) {
    return this.leafTiles[Math.floor(seq / 256)].hashes[seq % 256];
  }

  recordAt(seq) {
    return this.leafTiles[Math.floor(seq / 256)].bundle.records[seq % 256];
  }

  // The tree over the tiles' hashes, and whether it gives the roots that were signed.
  async readTiles(since) {
    const edge = new Edge();
    this.levels = [];
    const roots = new Map();
    const wanted = new Set([since?.checkpoint.size]);
    if (wanted.has(0)) roots.set(0, await edge.root());
    const complete = (height, hash) => {
      if (height % 8 === 0) (this.levels[height / 8] ??= []).push(hash);
    };
    const whole = this.leafTiles.every((tile) => tile.hashes.length === tile.width && !tile.surplus);
    for (const tile of whole ? this.leafTiles : []) {
      for (const hash of tile.hashes) {
        await edge.push(hash, complete);
        if (wanted.has(edge.size)) roots.set(edge.size, await edge.root());
      }
    }
    this.rootHolds = whole && equal(await edge.root(), this.root);
    const older = since?.checkpoint;
    if (older && this.rootHolds && older.size <= this.size && !equal(roots.get(older.size), older.root)) {
      fail(FORK, `the older note of ${older.size} entries has another root`);
    }
  }

  async readRedactions() {
    this.redactions = new Map();
    const listed = this.files.read("redactions");
    if (!listed) return;
    const lines = (await or(TAMPERED, undefined, () => text(listed))).split("\n").filter(Boolean);
    for (const line of lines) {
      const [, seq, by] = /^(0|[1-9][0-9]*) (0|[1-9][0-9]*)$/.exec(line)?.map(Number) ?? [];
      if (!(seq > 0 && by > seq) || this.redactions.has(seq)) fail(TAMPERED, "the list of redactions is malformed");
      this.redactions.set(seq, by);
    }
  }

  // The map entry whose records lie in the export.
  readSnapshot() {
    const named = this.files.read("map/latest");
    if (!named) return;
    const found = /^([1-9][0-9]{0,15})\n$/.exec(String.fromCharCode(...named.subarray(0, 99)));
    if (!found) fail(TAMPERED, "map/latest is malformed");
    this.snapshot = Number(found[1]);
  }

  // Its files hold the records of 256 buckets each, which are those of the lots so far.
  checkSnapshot(seq, height) {
    const records = [...this.chains.tails].map(([lot, { n, leaf }]) => {
      const key = Buffer.from(this.lotKeys.get(lot));
      const count = Buffer.alloc(4);
      count.writeUInt32BE(n + 1);
      return Buffer.concat([key, count, Buffer.from(leaf, "hex")]);
    }).sort(Buffer.compare);
    const file = (record) => (height > 8 ? Math.floor(record.readUInt32BE(0) / 2 ** (32 - (height - 8))) : 0);
    for (let number = 0; number < Math.max(1, 2 ** height / 256); number += 1) {
      const data = this.files.need(`map/${seq}/${indexPath(number)}`);
      const due = Buffer.concat(records.filter((record) => file(record) === number));
      if (Buffer.compare(due, Buffer.from(data))) fail(TAMPERED, "the map's records", seq);
    }
  }

  async readTile(tile) {
    const { records, surplus } = tile.bundle;
    for (let at = 0; at < tile.width; at += 1) {
      const seq = tile.start + at;
      if (!records[at] || !tile.hashes[at]) fail(TAMPERED, "a record or its hash is missing or cut short", seq);
      await or(TAMPERED, seq, () => this.readRecord(seq, records[at], tile.hashes[at]));
    }
    if (surplus || tile.surplus) fail(TAMPERED, "more than the tile holds", tile.start + tile.width);
  }

  async readRecord(seq, record, hash) {
    if (Boolean(record.length) === this.redactions.has(seq)) fail(TAMPERED, "withheld and announced must go together", seq);
    const entry = record.length ? await this.readServed(seq, record, hash) : await this.readWithheld(seq, hash);
    if (seq === this.snapshot && entry.t !== MAP) fail(TAMPERED, "map/latest names no map", seq);
    if (this.ids.has(entry.id)) fail(TAMPERED, `the id ${entry.id} is there twice`, seq);
    this.ids.add(entry.id);
    if (entry.t) await this.checkType(seq, entry);
    this.chains.follow(entry.lots, hex(hash));
    this.seen.push(entry);
    this.promises.take(entry, seq);
  }

  async readServed(seq, record, hash) {
    if (!equal(await leafHash(record), hash)) fail(TAMPERED, "the entry does not have the leaf in its tile", seq);
    const entry = readEntry(record);
    if (entry.log !== this.origin) fail(TAMPERED, `the entry belongs to ${entry.log}`, seq);
    if ((entry.t === GENESIS) !== (seq === 0)) fail(TAMPERED, "a log has one genesis entry, its first", seq);
    if (seq === 0) this.operator = entry.who;
    return entry;
  }

  // What the redact entry says of the withheld one.
  async readWithheld(seq, hash) {
    const by = this.redactions.get(seq);
    const record = by < this.size ? this.recordAt(by) : undefined;
    if (!record?.length || !this.hashAt(by) || !equal(await leafHash(record), this.hashAt(by))) {
      fail(TAMPERED, "the redact entry is not there", seq);
    }
    const { t, log, who, ev } = readEntry(record);
    const speaks = t === REDACT && log === this.origin && who === this.operator && ev.seq === seq && ev.leaf === hex(hash);
    if (!speaks) fail(TAMPERED, "the redact entry does not announce this", seq);
    return { t: "", id: ev.id, lots: ev.lots, ev: {} };
  }

  async checkType(seq, entry) {
    if (OPERATOR_ONLY.has(entry.t) && entry.who !== this.operator) fail(TAMPERED, "an entry only the operator may write", seq);
    if (RELATIONS.has(entry.t)) this.checkTargets(seq, entry);
    if (entry.t === MAP) await this.checkMap(seq, entry.ev);
  }

  checkTargets(seq, entry) {
    for (const { leaf, seq: named = entry.ev.seq } of entry.ref) {
      const there = named < seq && hex(this.hashAt(named)) === leaf;
      if (!there) fail(TAMPERED, "the entry it speaks of is another", seq);
      const { t, id, lots } = this.seen[named];
      if (ON_TARGETS_LOTS.has(entry.t) && lotNames(lots) !== lotNames(entry.lots)) fail(TAMPERED, "not its target's lots", seq);
      const told = entry.t === REDACT && t !== "";
      if (told && (id !== entry.ev.id || JSON.stringify(links(lots)) !== JSON.stringify(links(entry.ev.lots)))) {
        fail(TAMPERED, "the entry it withholds has other links or another id", seq);
      }
    }
  }

  async checkMap(seq, { size, height, lots, root }) {
    const { tails } = this.chains;
    const stays = height === this.mapHeight && mayStay(tails.size, height);
    if (size !== seq || lots !== tails.size || (height !== dueHeight(lots) && !stays)) fail(TAMPERED, "the map's figures", seq);
    if (await mapRoot(tails, height, this.lotKeys) !== root) fail(TAMPERED, "the map has another root", seq);
    this.mapHeight = height;
    if (seq === this.snapshot) this.checkSnapshot(seq, height);
  }

  async checkTree() {
    if (!this.rootHolds) fail(TAMPERED, "the entries do not lead to the signed root", this.size);
    for (const { level, start, width, hashes, surplus } of this.upperTiles) {
      for (let at = 0; at < width; at += 1) {
        const same = hashes[at] && compare(hashes[at], this.levels[level][start + at]) === 0;
        if (!same) fail(TAMPERED, "an upper tile differs", (start + at) * 256 ** level);
      }
      if (surplus) fail(TAMPERED, "an upper tile holds too much", (start + width) * 256 ** level);
    }
  }

  checkKeys() {
    if (!this.signers.some((key) => this.promises.covers(key.text, this.size))) fail(TAMPERED, "signed by no key the log promises");
  }

  async checkKeyHistory() {
    const note = this.files.read("key-history");
    if (!note || this.promises.root === undefined) return;
    const root = await parseVerifierKey(this.promises.root);
    const parsed = parseNote(text(note));
    const held = root.type === ED25519 ? await verifyNote(parsed, [root]) : [];
    const [head, ...lines] = parsed.text.slice(0, -1).split("\n");
    const agrees = head === `${this.origin}/key-history` && this.promises.agrees(lines, this.size);
    if (!held.length || !agrees) fail(TAMPERED, "the key history says something else");
  }
}

function opened(note) {
  const parsed = parseNote(note);
  return { parsed, checkpoint: parseCheckpoint(parsed.text) };
}

const lotNames = (lots) => JSON.stringify(lots.map(({ lot }) => lot));
const links = (lots) => lots.map(({ lot, n, prev }) => [lot, n, prev]);
