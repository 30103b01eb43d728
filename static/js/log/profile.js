// The one spelling of an entry (SPEC: docs/log.md §1). The bytes are hashed; whoever would spell them otherwise refuses.
import { text } from "./bytes.js";
import { refuse } from "./refused.js";

const MOST_BYTES = 16_384;
const DEEPEST = 32;
const KEY = /^[\x20-\x7e]*$/;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// The object these bytes spell.
export function parse(bytes) {
  if (bytes.length < 1 || bytes.length > MOST_BYTES) refuse("bad-size", `${bytes.length} bytes`);
  const words = text(bytes);
  let value;
  try {
    value = JSON.parse(words);
  } catch {
    return refuse("not-json");
  }
  if (!isObject(value)) refuse("not-object");
  if (spell(value) !== words) refuse("other-spelling", "keys, white space, escape or number in another spelling");
  return value;
}

// The value in the profile's spelling; refuses what has none.
export function spell(value, depth = 1) {
  if (depth > DEEPEST) refuse("too-deep");
  if (typeof value === "string") return spellText(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) refuse("bad-number");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => spell(item, depth + 1)).join(",")}]`;
  if (!isObject(value)) return refuse("null", "null is not in the profile");
  const names = Object.keys(value).sort();
  if (!names.every((name) => KEY.test(name))) refuse("bad-key", "a key is not printable ASCII");
  return `{${names.map((name) => `${JSON.stringify(name)}:${spell(value[name], depth + 1)}`).join(",")}}`;
}

function spellText(value) {
  if (/\p{Surrogate}/u.test(value)) refuse("lone-surrogate");
  if (value.normalize("NFC") !== value) refuse("not-nfc");
  return JSON.stringify(value);
}

// A time of the profile that calendar and clock have.
export function isTime(value) {
  if (typeof value !== "string" || !TIME.test(value) || value.startsWith("0000")) return false;
  const moment = new Date(value);
  return !Number.isNaN(moment.getTime()) && moment.toISOString() === value;
}
