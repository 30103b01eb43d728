// The tree of RFC 6962 §2.1: merged proofs (docs/log.md §8), consistency (RFC 9162 §2.1.4.2), a growing right edge.
import { equal } from "./bytes.js";
import { emptyRoot, nodeHash } from "./hash.js";
import { refuse } from "./refused.js";

// The largest power of two smaller than `count` (≥ 2).
function below(count) {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

// Refuses unless `hashes` shows every leaf of `leaves` (Map: index → hash) in the tree (size, root), each hash used once.
export async function verifyMerged(leaves, size, hashes, root) {
  const indexes = [...leaves.keys()].sort((a, b) => a - b);
  if (!indexes.length || indexes[0] < 0 || indexes.at(-1) >= size) refuse("bad-proof", "a leaf outside the tree");
  let next = 0;
  async function walk(start, stop, found) {
    if (!found.length) return hashes[next++] ?? refuse("bad-proof", "too few hashes");
    if (stop - start === 1) return leaves.get(start);
    const middle = start + below(stop - start);
    const left = await walk(start, middle, found.filter((index) => index < middle));
    return nodeHash(left, await walk(middle, stop, found.filter((index) => index >= middle)));
  }
  const found = await walk(0, size, indexes);
  if (next !== hashes.length) refuse("bad-proof", "a hash too many");
  if (!equal(found, root)) refuse("bad-proof", "the proof leads to another root");
}

// Refuses unless `proof` shows that the tree of `second` extends that of `first` ({size, root} each).
export async function verifyConsistency(first, second, proof) {
  if (first.size > second.size) refuse("not-consistent", "the second tree is the smaller one");
  if (first.size === 0 || first.size === second.size) {
    const expected = first.size ? second.root : await emptyRoot();
    if (proof.length || !equal(first.root, expected)) refuse("not-consistent", "two roots for one size");
    return;
  }
  const path = isPowerOfTwo(first.size) ? [first.root, ...proof] : proof;
  const [old, young] = await climb(first.size - 1, second.size - 1, path);
  if (!equal(old, first.root) || !equal(young, second.root)) refuse("not-consistent", "the proof leads to other roots");
}

function isPowerOfTwo(size) {
  let power = 1;
  while (power < size) power *= 2;
  return power === size;
}

const half = (number) => Math.floor(number / 2);
const odd = (number) => number % 2 === 1;

async function climb(index, last, path) {
  let [at, end] = [index, last];
  while (odd(at)) [at, end] = [half(at), half(end)];
  if (!path.length) refuse("not-consistent", "the proof is empty");
  let [old, young] = [path[0], path[0]];
  for (const sibling of path.slice(1)) {
    if (end === 0) refuse("not-consistent", "a hash too many");
    if (odd(at) || at === end) {
      [old, young] = [await nodeHash(sibling, old), await nodeHash(sibling, young)];
      while (at && !odd(at)) [at, end] = [half(at), half(end)];
    } else {
      young = await nodeHash(young, sibling);
    }
    [at, end] = [half(at), half(end)];
  }
  if (end) refuse("not-consistent", "too few hashes");
  return [old, young];
}

// The right edge of a tree that grows leaf by leaf.
export class Edge {
  constructor() {
    this.size = 0;
    this.peaks = [];
  }

  // Takes a leaf; calls `completed(height, hash)` for every perfect subtree it completes.
  async push(leaf, completed = () => {}) {
    let [hash, height, rest] = [leaf, 0, this.size];
    while (odd(rest)) {
      hash = await nodeHash(this.peaks.pop(), hash);
      height += 1;
      rest = half(rest);
      completed(height, hash);
    }
    this.peaks.push(hash);
    this.size += 1;
  }

  async root() {
    if (!this.size) return emptyRoot();
    let root = this.peaks.at(-1);
    for (const left of this.peaks.slice(0, -1).reverse()) root = await nodeHash(left, root);
    return root;
  }
}
