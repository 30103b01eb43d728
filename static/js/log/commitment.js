// Commitments to personal values and their openings (docs/log.md §6).
import { concat, hex, utf8 } from "./bytes.js";
import { hmac } from "./hash.js";
import { spell } from "./profile.js";
import { refuse } from "./refused.js";

// The commitment (hex) to `value` under `path` of the entry `id`.
export async function commit(salt, { log, id, path, value }) {
  if (salt.length !== 32) refuse("bad-opening", "a salt is 32 bytes");
  const words = ["chonongsan/commit/1", log, id, path].map((word) => utf8(`${word}\0`));
  return hex(await hmac(salt, concat(...words, utf8(spell(value)))));
}

// Refuses an opening that is not of the commitment in the entry.
export async function checkOpening(entry, salt, path, value) {
  if (!Object.hasOwn(entry.c, path)) refuse("bad-opening", `the entry has no commitment at ${path}`);
  if (await commit(salt, { log: entry.log, id: entry.id, path, value }) !== entry.c[path]) {
    refuse("bad-opening", `what is shown at ${path} is not what was recorded`);
  }
}
