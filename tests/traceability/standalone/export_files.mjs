// The files of a static export: tiles and entry bundles as C2SP tlog-tiles lays them out, the redactions list.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { split } from "../../../static/js/log/bytes.js";

const WIDTH = 256;
const HASH = 32;

// Ends a check: the exit code, and the number of the first entry that does not fit.
export class Finding extends Error {
  constructor(exit, message, index = undefined) {
    super(message);
    this.exit = exit;
    this.index = index;
  }
}

export const SOUND = 0;
export const TAMPERED = 1;
export const FORK = 2;
export const INCOMPLETE = 3;
export const USAGE = 4;

export class ExportFolder {
  constructor(folder) {
    this.folder = folder;
  }

  read(path) {
    const file = join(this.folder, path);
    if (!existsSync(file)) return null;
    const data = readFileSync(file);
    return new Uint8Array(data.buffer, data.byteOffset, data.length);
  }

  need(path) {
    return this.read(path) ?? fail(INCOMPLETE, `${path} is missing`);
  }

  // A tile's or bundle's bytes. Where a partial one is missing the full one stands in, and what follows is not looked at.
  piece(folder, index, width) {
    const path = `tile/${folder}/${indexPath(index)}`;
    if (width === WIDTH) return { bytes: this.need(path), whole: true };
    const partial = this.read(`${path}.p/${width}`);
    return partial ? { bytes: partial, whole: true } : { bytes: this.need(path), whole: false };
  }

  // {hashes, surplus} of a tile: as many of its `width` hashes as there are.
  tile({ level, index, width }) {
    const { bytes, whole } = this.piece(level, index, width);
    const count = Math.min(width, Math.floor(bytes.length / HASH));
    return { hashes: split(bytes.subarray(0, count * HASH)), surplus: whole && bytes.length > width * HASH };
  }

  // {records, surplus} of an entry bundle: its records up to the first that is cut short.
  bundle({ index, width }) {
    const { bytes, whole } = this.piece("entries", index, width);
    const records = [];
    let at = 0;
    while (records.length < width && at + 2 <= bytes.length) {
      const stop = at + 2 + (bytes[at] << 8 | bytes[at + 1]);
      if (stop > bytes.length) break;
      records.push(bytes.subarray(at + 2, stop));
      at = stop;
    }
    return { records, surplus: whole && records.length === width && at < bytes.length };
  }
}

export const fail = (exit, message, index) => {
  throw new Finding(exit, message, index);
};

// Every tile a tree of `size` has: level, index, width.
export function* tilesOf(size) {
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / WIDTH)) {
    for (let index = 0; index * WIDTH < count; index += 1) {
      yield { level, index, start: index * WIDTH, width: Math.min(WIDTH, count - index * WIDTH) };
    }
  }
}

export function indexPath(index) {
  const groups = [];
  for (let rest = index; ; rest = Math.floor(rest / 1000)) {
    groups.unshift(String(rest % 1000).padStart(3, "0"));
    if (rest < 1000) break;
  }
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
}
