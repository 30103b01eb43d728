// Reads the bundle of one lot (docs/log.md §8) into bytes, hashes and entries. What it holds is checked in verify.js.
import { hex, split, unbase64, unhex, utf8 } from "./bytes.js";
import { readEntry } from "./entry.js";
import { hasKeys, isCount } from "./forms.js";
import { leafHash } from "./hash.js";
import { about, refuse } from "./refused.js";

export const FORMAT = "chonongsan/bundle/1";
const KEYS = ["format", "origin", "lot", "checkpoint", "entries", "context", "hashes", "openings", "withheld", "waiting"];

// A bundle this code understands? Anything else may come from a newer site or from whoever stands in the network's way.
export const isBundle = (value) => value?.format === FORMAT;

// {entries, context, map, withheld, hashes, openings, waiting}; every sealed thing with {seq, leaf, entry}.
export async function readBundle(bundle, { origin, lot }) {
  if (!KEYS.every((name) => Object.hasOwn(bundle, name)) || !isCount(bundle.waiting)) refuse("bad-bundle", "a key is missing");
  if (bundle.lot !== lot) refuse("other-lot", `the bundle is of ${bundle.lot}`);
  if (bundle.origin !== origin) refuse("other-log", `the bundle is of ${bundle.origin}`);
  const [entries, context, [map]] = await Promise.all([
    sealed(bundle.entries, origin), sealed(bundle.context, origin), sealed("map" in bundle ? [bundle.map] : [], origin),
  ]);
  return {
    entries,
    context,
    map: map && { ...map, bucket: unbase64(bundle.map.bucket), siblings: split(unbase64(bundle.map.siblings)) },
    withheld: list(bundle.withheld, ["seq", "leaf", "by"]).map(({ seq, leaf, by }) => ({ seq: count(seq), leaf: unhex(leaf), by })),
    hashes: split(unbase64(bundle.hashes)),
    openings: list(bundle.openings, ["seq", "path", "salt", "value"]),
    waiting: bundle.waiting,
  };
}

async function sealed(items, origin) {
  const rows = list(items, ["seq", "data"], ["bucket", "siblings"]);
  return Promise.all(rows.map(async ({ seq, data }) => {
    const bytes = utf8(typeof data === "string" ? data : refuse("bad-bundle", "`data`"));
    const entry = about(count(seq), () => readEntry(bytes));
    if (entry.log !== origin) refuse("other-log", `the entry is of ${entry.log}`, seq);
    return { seq, leaf: await leafHash(bytes), entry };
  }));
}

function list(items, required, optional = []) {
  const sound = Array.isArray(items) && items.every((item) => hasKeys(item, required, optional));
  return sound ? items : refuse("bad-bundle", "a list of another form");
}

const count = (value) => (isCount(value) ? value : refuse("bad-bundle", "a number of another form"));

// Every leaf the proof speaks of: Map seq → hash. The same entry may stand in two places, but not as two.
export function leavesOf({ entries, context, map, withheld }) {
  const leaves = new Map();
  for (const { seq, leaf } of [...entries, ...context, ...(map ? [map] : []), ...withheld]) {
    if (leaves.has(seq) && hex(leaves.get(seq)) !== hex(leaf)) refuse("bad-bundle", "two entries with one number", seq);
    leaves.set(seq, leaf);
  }
  return leaves;
}

