// Calls the page's modules for the tests: reads [[name, argument], …] as JSON, writes [{value} or {refused: code}, …].
import { readFileSync } from "node:fs";

import "../traceability/standalone/platform.mjs";
import { age, lateness } from "../../static/js/log/ages.js";
import { base64, hex, unbase64, unhex } from "../../static/js/log/bytes.js";
import { Chains } from "../../static/js/log/chain.js";
import { commit } from "../../static/js/log/commitment.js";
import { compare } from "../../static/js/log/continuity.js";
import { kind, verify } from "../../static/js/log/ed25519.js";
import { readEntry } from "../../static/js/log/entry.js";
import { evidence } from "../../static/js/log/evidence.js";
import { fold, recalled } from "../../static/js/log/fold.js";
import { leafHash } from "../../static/js/log/hash.js";
import { admit } from "../../static/js/log/keyring.js";
import { lookUp, mapRoot } from "../../static/js/log/lotmap.js";
import { parseNote, parseVerifierKey, verifyNote } from "../../static/js/log/note.js";
import { parsePolicy } from "../../static/js/log/policy.js";
import { parse, spell } from "../../static/js/log/profile.js";
import { Refused } from "../../static/js/log/refused.js";
import { values } from "../../static/js/log/say.js";
import { Edge, verifyConsistency, verifyMerged } from "../../static/js/log/tree.js";
import { comparePage } from "../../static/js/log/told.js";
import { verifyBundle } from "../../static/js/log/verify.js";
import { verifyAsync } from "../../static/js/vendor/noble-ed25519.js";

const point = ({ size, root }) => ({ size, root: unhex(root) });

const calls = {
  parse: (data) => spell(parse(unhex(data))),
  entry: (data) => readEntry(unhex(data)).t,
  merged: ({ leaves, size, hashes, root }) => verifyMerged(
    new Map(leaves.map(([index, leaf]) => [index, unhex(leaf)])), size, hashes.map(unhex), unhex(root)),
  consistency: ({ first, second, proof }) => verifyConsistency(point(first), point(second), proof.map(unhex)),
  async root(leaves) {
    const edge = new Edge();
    for (const leaf of leaves) await edge.push(unhex(leaf));
    return hex(await edge.root());
  },
  async note({ note, keys }) {
    const held = await verifyNote(parseNote(note), await Promise.all(keys.map(parseVerifierKey)));
    return held.map(({ key, at }) => [key.text, at]);
  },
  async policy({ text, held }) {
    return (await parsePolicy(text)).check(held.map((key) => ({ key: { text: key } })));
  },
  kind: () => kind(),
  ed25519: ({ key, signature, message }) => verify(unhex(key), unhex(signature), unhex(message)),
  library: ({ key, signature, message }) => verifyAsync(unhex(signature), unhex(message), unhex(key), { zip215: false }).catch(() => false),
  commit: ({ salt, ...rest }) => commit(unhex(salt), rest),
  lookUp: ({ lot, told, bucket, siblings }) => lookUp(lot, told, unhex(bucket), siblings.map(unhex)),
  mapRoot: ({ tails, height }) => mapRoot(new Map(tails), height),
  follow(rows) {
    const chains = new Chains();
    for (const [links, leaf] of rows) chains.follow(links, leaf);
  },
  async fold({ records, operator, lots }) {
    const rows = await Promise.all(records.map(async ({ seq, data }) => {
      const bytes = new TextEncoder().encode(data);
      return { seq, leaf: hex(await leafHash(bytes)), entry: readEntry(bytes) };
    }));
    const history = fold(rows, operator);
    const told = ({ fields, void: ended, disputes, marks }) => ({
      ev: fields,
      void: ended?.seq ?? -1,
      disputes: disputes.map(({ seq }) => seq),
      counts: marks.filter(({ counts }) => counts).map(({ seq }) => seq),
      ignored: marks.filter(({ counts }) => !counts).map(({ seq }) => seq),
    });
    const events = Object.fromEntries([...history.events].map(([seq, event]) => [seq, told(event)]));
    return { events, recalled: Object.fromEntries(lots.map((lot) => [lot, recalled(history, lot)])) };
  },
  async bundle({ bundle, lot, pins }) {
    const { history, leaves, records, ...rest } = await verifyBundle(bundle, lot, pins);
    return { ...rest, told: history && [...history.events.keys()] };
  },
  page: async ({ page, bundle, lot, pins }) => comparePage(page, await verifyBundle(bundle, lot, pins), lot),
  compare: ({ before, now, answer }) => compare(before, now, async () => answer),
  evidence: async ({ before, now, answer }) => evidence(await compare(before, now, async () => answer)),
  saved: async ({ bundle, lot, pins }) => evidence({ ...await verifyBundle(bundle, lot, pins), bundle }),
  setBack: async ({ before, now, answer, bundle }) => evidence({ ...await compare(before, now, async () => answer), bundle }),
  admit: ({ before, result, answer }) => admit(before, result, async () => answer),
  age: ({ at, now }) => ({ ...age(at, now), tone: lateness(at, now) }),
  // What the page's sentences are given; null where a sentence is left out.
  say: ({ found, words, now }) => Object.fromEntries(Object.entries(values(found, words, now)).map(([name, value]) => [name, value || null])),
  base64: (words) => base64(unbase64(words)),
};

async function call(name, argument) {
  try {
    return { value: await calls[name](argument) ?? null };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.code };
    throw error;
  }
}

const answers = [];
for (const [name, argument] of JSON.parse(readFileSync(0, "utf-8"))) answers.push(await call(name, argument));
process.stdout.write(JSON.stringify(answers));
