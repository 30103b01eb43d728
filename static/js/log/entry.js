// The envelope of an entry (docs/log.md §1); what it holds by type is in types.js.
import { hasKeys, isCount, isHash, isName, isWord, matches, readLots } from "./forms.js";
import { isObject, isTime, parse } from "./profile.js";
import { refuse } from "./refused.js";
import { checkContent, UNDERSTOOD } from "./types.js";

const TYPE = /^[a-z0-9-]+(?:\/[a-z0-9-]+)+$/;
const REQUIRED = ["ev", "id", "log", "lots", "rec", "t", "who"];
const OPTIONAL = ["c", "dev", "ref"];

// {t, log, id, rec, who, ev, lots, ref, c, understood}; of a type not understood only the envelope.
export function readEntry(bytes) {
  const record = parse(bytes);
  const { t, log, id, rec } = record;
  if (!matches(TYPE, t)) refuse("bad-field", "`t`");
  if (!isName(log)) refuse("bad-field", "`log`");
  if (!isName(id)) refuse("bad-field", "`id`");
  if (!isTime(rec)) refuse("bad-field", "`rec`");
  const entry = { t, log, id, rec, who: "", ev: {}, lots: [], ref: [], c: {}, understood: UNDERSTOOD.has(t) };
  if ("lots" in record || entry.understood) entry.lots = readLots(record.lots);
  if (entry.understood) readRest(entry, record);
  return entry;
}

function readRest(entry, record) {
  if (!hasKeys(record, REQUIRED, OPTIONAL)) refuse("bad-fields", "a key is missing, or not known");
  if (!isName(record.who)) refuse("bad-field", "`who`");
  if (!isObject(record.ev)) refuse("bad-event", "`ev` is not an object");
  Object.assign(entry, { who: record.who, ev: record.ev });
  if ("dev" in record) checkDevice(record.dev);
  if ("c" in record) entry.c = readCommitments(record.c);
  if ("ref" in record) entry.ref = readReferences(record.ref);
  checkContent(entry);
}

function checkDevice(value) {
  if (!hasKeys(value, ["at", "skew"]) || !isTime(value.at) || !Number.isSafeInteger(value.skew)) refuse("bad-field", "`dev`");
}

function readCommitments(value) {
  const found = isObject(value) ? Object.values(value) : [];
  if (!found.length || !found.every(isHash)) refuse("bad-field", "`c`");
  return value;
}

function readReferences(value) {
  const sound = (item) => hasKeys(item, ["leaf", "rel"], ["seq"]) && isHash(item.leaf) && isWord(item.rel)
    && (!("seq" in item) || isCount(item.seq));
  if (!Array.isArray(value) || !value.length || !value.every(sound)) refuse("bad-field", "`ref`");
  return value;
}
