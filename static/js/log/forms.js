// The forms that fields of an entry share (docs/log.md §1).
import { isObject } from "./profile.js";
import { refuse } from "./refused.js";

const NAME = /^[\x21-\x7e]{1,200}$/;
const WORD = /^[a-z][a-z0-9_]{0,39}$/;
const HASH = /^[0-9a-f]{64}$/;
export const NO_PREVIOUS = "0".repeat(64);

export const matches = (pattern, value) => typeof value === "string" && pattern.test(value);
export const isName = (value) => matches(NAME, value);
export const isWord = (value) => matches(WORD, value);
export const isHash = (value) => matches(HASH, value);
export const isCount = (value, most = Number.MAX_SAFE_INTEGER) => Number.isSafeInteger(value) && value >= 0 && value <= most;

// Has exactly these keys, and perhaps the optional ones?
export function hasKeys(value, required, optional = []) {
  if (!isObject(value)) return false;
  const names = Object.keys(value);
  return required.every((name) => Object.hasOwn(value, name))
    && names.every((name) => required.includes(name) || optional.includes(name));
}

export function readLots(value) {
  if (!Array.isArray(value) || !value.every((link) => hasKeys(link, ["lot", "n", "prev"]))) refuse("bad-field", "`lots`");
  value.forEach((link, at) => {
    if (!isName(link.lot) || !isCount(link.n) || !isHash(link.prev)) refuse("bad-link", "a link of another form");
    if ((link.n === 0) !== (link.prev === NO_PREVIOUS)) refuse("bad-link", "`prev` is zeros exactly at n = 0");
    if (at && !(value[at - 1].lot < link.lot)) refuse("bad-link", "the lots are not in order");
  });
  return value;
}
