// What `ev`, `lots` and `ref` of each type must look like (docs/log.md §2). Targets and rights need the log around.
import { hasKeys, isCount, isHash, isName, isWord, matches, readLots } from "./forms.js";
import { isObject, isTime } from "./profile.js";
import { refuse } from "./refused.js";

const OWN = "chonongsan/";
export const GENESIS = `${OWN}genesis/1`;
export const EVENT = `${OWN}event/1`;
export const CORRECT = `${OWN}correct/1`;
export const VOID = `${OWN}void/1`;
export const DISPUTE = `${OWN}dispute/1`;
export const RECALL = `${OWN}recall/1`;
export const GRANT = `${OWN}grant/1`;
export const REVOKE = `${OWN}revoke/1`;
export const ERASE = `${OWN}erase/1`;
export const REDACT = `${OWN}redact/1`;
export const MAP = `${OWN}map/1`;
export const KEY = `${OWN}key/1`;

export const OPERATOR_ONLY = new Set([GRANT, REVOKE, ERASE, REDACT, MAP, KEY]);
export const RELATIONS = new Map([
  [CORRECT, "corrects"], [VOID, "voids"], [DISPUTE, "disputes"], [ERASE, "erases"], [REDACT, "redacts"],
]);
export const ON_TARGETS_LOTS = new Set([CORRECT, VOID, DISPUTE]);
const ON_LOTS = new Set([EVENT, RECALL, ...ON_TARGETS_LOTS]);

const PATH = /^(?:\/(?:[\x20-\x2e\x30-\x7d]|~[01])+)+$/;
const KEY_TEXT = /^[\x21-\x7e]{1,500}$/;
const FORMER = /^[!-~]{1,200}\n(?:0|[1-9][0-9]{0,18})\n[A-Za-z0-9+/]{43}=\n\n(?:\u2014 [^ \n]{1,200} [A-Za-z0-9+/=]{8,1000}\n){1,100}$/u;
const HIGHEST_MAP = 40;

const isPath = (value) => matches(PATH, value);
const isReason = (ev) => hasKeys(ev, ["reason"]) && isWord(ev.reason);
const isRight = (ev) => hasKeys(ev, ["to", "right"]) && isName(ev.to) && ev.right === "certifier";

function isGenesis({ ev }) {
  return hasKeys(ev, ["keys", "policy", "profile"], ["root", "previous"]) && Array.isArray(ev.keys)
    && [...ev.keys, ev.root ?? ""].every((key) => typeof key === "string") && isHash(ev.policy) && ev.profile === 1
    && (!Object.hasOwn(ev, "previous") || matches(FORMER, ev.previous));
}

function isEvent({ ev, id }) {
  if (!isTime(ev.eventTime) || !isName(ev.eventID)) return false;
  if (!("errorDeclaration" in ev)) return id === ev.eventID;
  const declared = isObject(ev.errorDeclaration) && ev.errorDeclaration.declarationTime;
  return typeof declared === "string" && id === `${ev.eventID}#${declared}`;
}

function isCorrection({ ev }) {
  if (!hasKeys(ev, ["fields", "reason"]) || !isObject(ev.fields) || !isWord(ev.reason)) return false;
  const paths = Object.keys(ev.fields);
  return paths.length > 0 && paths.every(isPath);
}

function isErasure({ ev, ref }) {
  if (!hasKeys(ev, ["paths", "ground"]) || !isObject(ev.paths) || !isWord(ev.ground)) return false;
  const leaves = ref.map(({ leaf }) => leaf).sort();
  return Object.keys(ev.paths).sort().join() === leaves.join()
    && Object.values(ev.paths).every((paths) => Array.isArray(paths) && paths.length > 0 && paths.every(isPath));
}

function isRedaction({ ev, ref }) {
  if (!hasKeys(ev, ["leaf", "seq", "lots", "id", "reason"]) || !isName(ev.id) || !isWord(ev.reason)) return false;
  readLots(ev.lots);
  return isCount(ev.seq) && (ref[0].seq ?? ev.seq) === ev.seq && isHash(ev.leaf) && ref[0].leaf === ev.leaf;
}

function isMap({ ev }) {
  return hasKeys(ev, ["size", "height", "lots", "root"]) && isCount(ev.size) && isCount(ev.height, HIGHEST_MAP)
    && isCount(ev.lots) && isHash(ev.root);
}

function isKey({ ev }) {
  const [word, bound] = "add" in ev ? ["add", "from"] : ["retire", "to"];
  return hasKeys(ev, [word, bound]) && matches(KEY_TEXT, ev[word]) && isCount(ev[bound]);
}

const CHECKS = new Map([
  [GENESIS, isGenesis], [EVENT, isEvent], [CORRECT, isCorrection], [ERASE, isErasure], [REDACT, isRedaction], [MAP, isMap],
  [KEY, isKey], [VOID, ({ ev }) => isReason(ev)], [DISPUTE, ({ ev }) => isReason(ev)],
  [RECALL, ({ ev }) => isReason(ev)], [GRANT, ({ ev }) => isRight(ev)], [REVOKE, ({ ev }) => isRight(ev)],
]);

export const UNDERSTOOD = new Set(CHECKS.keys());

// Refuses content that this type cannot have.
export function checkContent(entry) {
  if (entry.lots.length && !ON_LOTS.has(entry.t)) refuse("bad-link", "an entry of this type touches no lots");
  const relation = RELATIONS.get(entry.t);
  if (relation) {
    const named = entry.ref.length && entry.ref.every(({ rel, seq }) => rel === relation && (seq !== undefined || entry.t === REDACT));
    if (!named || (entry.t !== ERASE && entry.ref.length !== 1)) refuse("bad-field", "`ref` does not name what it speaks of");
  } else if (entry.ref.length && entry.t !== EVENT) {
    refuse("bad-fields", "an entry of this type has no `ref`");
  }
  if (!CHECKS.get(entry.t)(entry)) refuse("bad-event", "`ev` is not what its type holds");
}
