// The map of all lots at one moment: lot → count and last leaf (docs/log.md §7).
import { compare, concat, equal, hex, split, unhex, utf8 } from "./bytes.js";
import { nodeHash, sha256 } from "./hash.js";
import { refuse } from "./refused.js";

const RECORD = 68;
const BUCKET = utf8("bucket/1\0");
const perBucket = (height) => 2 ** height;

export const lotKey = (lot) => sha256(utf8(`lot\0${lot}`));

const bucketHash = (records) => sha256(concat(BUCKET, ...records));

// The bucket a key belongs to: its first `height` bits as a number.
function bucketOf(key, height) {
  let number = 0;
  for (let bit = 0; bit < height; bit += 1) number = number * 2 + ((key[bit >> 3] >> (7 - (bit & 7))) & 1);
  return number;
}

function record(key, count, leaf) {
  const bytes = new Uint8Array(RECORD);
  bytes.set(key);
  new DataView(bytes.buffer).setUint32(32, count);
  bytes.set(unhex(leaf), 36);
  return bytes;
}

// {count, leaf (hex)} of `lot` in the map of this root, or null when the map has no such lot. Refuses a bucket that is
// not the lot's or does not lead to the root.
export async function lookUp(lot, { height, root }, bucket, siblings) {
  const key = await lotKey(lot);
  const records = split(bucket, RECORD);
  const number = bucketOf(key, height);
  records.forEach((item, at) => {
    if (at && compare(records[at - 1].subarray(0, 32), item.subarray(0, 32)) >= 0) refuse("bad-map", "records out of order");
    if (bucketOf(item, height) !== number) refuse("bad-map", "a record of another bucket");
  });
  if (siblings.length !== height) refuse("bad-map", "not one sibling a level");
  let [hash, at] = [await bucketHash(records), number];
  for (const sibling of siblings) {
    hash = at % 2 ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling);
    at = Math.floor(at / 2);
  }
  if (hex(hash) !== root) refuse("bad-map", "the bucket leads to another root");
  const found = records.find((item) => equal(item.subarray(0, 32), key));
  if (!found) return null;
  return { count: new DataView(found.buffer, found.byteOffset).getUint32(32), leaf: hex(found.subarray(36)) };
}

// The smallest height whose buckets hold 16 lots or fewer on average.
export function dueHeight(lots) {
  let height = 0;
  while (lots > 16 * perBucket(height)) height += 1;
  return height;
}

export const mayStay = (lots, height) => lots <= 32 * perBucket(height) && lots >= 4 * perBucket(height);

// Root (hex) of the map over `tails` (Map: lot → {n, leaf}). `keys` keeps the keys of lots between calls.
export async function mapRoot(tails, height, keys = new Map()) {
  const buckets = Array.from({ length: perBucket(height) }, () => []);
  for (const [lot, { n, leaf }] of tails) {
    if (!keys.has(lot)) keys.set(lot, await lotKey(lot));
    buckets[bucketOf(keys.get(lot), height)].push(record(keys.get(lot), n + 1, leaf));
  }
  let row = await Promise.all(buckets.map((records) => bucketHash(records.sort(compare))));
  while (row.length > 1) {
    const below = row;
    row = await Promise.all(Array.from({ length: below.length / 2 }, (_, at) => nodeHash(below[2 * at], below[2 * at + 1])));
  }
  return hex(row[0]);
}
