// What the events of a lot say after later entries corrected, voided, disputed or recalled them (docs/log.md §5).
// Nothing is edited: what does not count stays in sight and changes nothing.
import { isObject, isTime, spell } from "./profile.js";
import { CORRECT, DISPUTE, EVENT, GRANT, RECALL, REVOKE, VOID } from "./types.js";

// `records`: [{seq, leaf (hex), entry}] in order of seq. {events: Map seq → told, recalls: Map lot → [mark]} where told is
// {seq, entry, fields, versions, changes, void, disputes, marks} and a mark {seq, who, at, reason, counts}.
export function fold(records, operator) {
  const state = { operator, events: new Map(), recalls: new Map(), certifiers: new Set(), writers: new Map(), leaves: new Map() };
  for (const { seq, leaf, entry } of records) {
    state.leaves.set(seq, leaf);
    STEPS.get(entry.t)?.(state, seq, entry);
  }
  return { events: state.events, recalls: state.recalls, certifiers: state.certifiers };
}

export const recalled = (history, lot) => (history.recalls.get(lot) ?? []).some(({ counts }) => counts);

const STEPS = new Map([
  [EVENT, event], [GRANT, grant], [REVOKE, revoke], [CORRECT, amend], [VOID, amend], [DISPUTE, amend], [RECALL, recall],
]);

const mark = (seq, entry, counts) => ({ seq, who: entry.who, at: entry.rec, reason: entry.ev.reason, counts });

function event(state, seq, entry) {
  state.events.set(seq, { seq, entry, fields: entry.ev, versions: [entry.ev], changes: [], void: null, disputes: [], marks: [] });
  for (const { lot } of entry.lots) state.writers.set(lot, (state.writers.get(lot) ?? new Set()).add(entry.who));
}

function grant(state, _seq, entry) {
  if (entry.who === state.operator) state.certifiers.add(entry.ev.to);
}

function revoke(state, _seq, entry) {
  if (entry.who === state.operator) state.certifiers.delete(entry.ev.to);
}

function amend(state, seq, entry) {
  const [target] = entry.ref;
  const told = state.events.get(target.seq);
  if (!told || state.leaves.get(target.seq) !== target.leaf || !sameLots(entry, told.entry)) return;
  const by = (counts) => {
    told.marks.push(mark(seq, entry, counts));
    return told.marks.at(-1);
  };
  if (entry.t === DISPUTE) {
    const made = by(entry.who !== told.entry.who);
    if (made.counts) told.disputes.push(made);
    return;
  }
  const mayAmend = entry.who === told.entry.who || entry.who === state.operator || state.certifiers.has(entry.who);
  const allowed = mayAmend && told.void === null;
  if (entry.t === CORRECT) correct(entry.ev.fields, told, allowed, by);
  else if (by(allowed).counts) told.void = told.marks.at(-1);
}

function correct(fields, told, allowed, by) {
  const after = allowed ? corrected(told.fields, fields, told.entry.ev) : null;
  const made = by(after !== null);
  for (const path of Object.keys(fields).sort()) {
    told.changes.push({ path, old: walk(told.fields, tokens(path)), new: fields[path], ...made });
  }
  if (after === null) return;
  told.fields = after;
  told.versions.push(after);
}

function recall(state, seq, entry) {
  for (const { lot } of entry.lots) {
    const counts = entry.who === state.operator || state.certifiers.has(entry.who) || Boolean(state.writers.get(lot)?.has(entry.who));
    state.recalls.set(lot, [...(state.recalls.get(lot) ?? []), mark(seq, entry, counts)]);
  }
}

// `ev` with each path set; null where rule 3 forbids it. A path must be in `first`, the event as written, and still be there.
export function corrected(ev, fields, first = ev) {
  const result = structuredClone(ev);
  for (const path of Object.keys(fields).sort()) {
    const way = tokens(path);
    const last = way.pop();
    const holder = walk(result, way);
    if ([walk(first, way), holder].some((at) => !isObject(at) && !present(at, last))) return null;
    Object.defineProperty(holder, last, { value: structuredClone(fields[path]), writable: true, enumerable: true, configurable: true });
  }
  const kept = ["eventID", "type"].every((name) => same(result[name], ev[name]));
  return kept && isTime(result.eventTime) ? result : null;
}

const same = (a, b) => (a === undefined || b === undefined ? a === b : spell(a) === spell(b));

const sameLots = (a, b) => JSON.stringify(a.lots.map(({ lot }) => lot)) === JSON.stringify(b.lots.map(({ lot }) => lot));

const tokens = (path) => path.split("/").slice(1).map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));

function present(holder, token) {
  if (Array.isArray(holder)) return /^(?:0|[1-9][0-9]{0,4})$/.test(token) && Number(token) < holder.length;
  return isObject(holder) && Object.hasOwn(holder, token);
}

// What stands at the end of the way; undefined where there is nothing.
function walk(value, way) {
  let at = value;
  for (const token of way) {
    if (!present(at, token)) return undefined;
    at = at[token];
  }
  return at;
}
