// Checks the bundle of one lot in the order of docs/log.md §8. What is known before (`pins`) comes with the page and from
// earlier visits: origin, operator, verifier keys, policy.
import { base64, hex, unbase64 } from "./bytes.js";
import { leavesOf, readBundle } from "./bundle.js";
import { Chains } from "./chain.js";
import { checkOpening } from "./commitment.js";
import { fold, recalled } from "./fold.js";
import { signersOf, timesOf } from "./keys.js";
import { lookUp } from "./lotmap.js";
import { parseCheckpoint, parseNote, parseVerifierKey, verifyNote } from "./note.js";
import { parsePolicy } from "./policy.js";
import { Refused, refuse } from "./refused.js";
import { verifyMerged } from "./tree.js";
import { ERASE, GENESIS, MAP, OPERATOR_ONLY, REDACT } from "./types.js";

// {ok: true, …} (see `told`), or {ok: false, code, detail, seq, notes} for the first thing that does not hold.
export async function verifyBundle(bundle, lot, pins) {
  try {
    return { ok: true, ...await check(bundle, lot, pins) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, code: error.code, detail: error.message, seq: error.seq, notes: [bundle.checkpoint] };
  }
}

async function check(bundle, lot, pins) {
  const signed = await readSigned(bundle.checkpoint, pins);
  const parts = await readBundle(bundle, { origin: pins.origin, lot });
  await verifyMerged(leavesOf(parts), signed.size, parts.hashes, signed.root);
  const operator = checkOperator(parts, pins.operator);
  const links = checkWithheld(parts);
  const rows = checkChain(parts, links, lot);
  await checkMap(parts, rows, lot);
  for (const { seq, path, salt, value } of parts.openings) {
    const { entry } = parts.entries.find((item) => item.seq === seq) ?? refuse("bad-opening", "of an entry that is not here", seq);
    await checkOpening(entry, unbase64(salt, 32), path, value);
  }
  return told(bundle, lot, signed, parts, operator, rows);
}

// {origin, size, root, signers, at, outside, asks, named}: the checkpoint of a note that the log's pinned keys and the policy
// vouch for. `at`: the second the log itself signed, when it says; `outside`: [{name, at}], newest first; `asks`, `named`:
// does the policy demand outside signatures, does it name witnesses.
export async function readSigned(words, { origin, keys, policy }) {
  const note = parseNote(words);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== origin) refuse("other-log", `the checkpoint is of ${checkpoint.origin}`);
  const rules = policy ? await parsePolicy(policy) : null;
  const known = [...await Promise.all(keys.map(parseVerifierKey)), ...(rules?.keys() ?? [])];
  const held = await verifyNote(note, known);
  const signers = signersOf(origin, held).filter(({ text }) => keys.includes(text));
  if (!signers.length) refuse("unknown-key", "no key known for this log has signed");
  if (rules && !rules.check(held)) refuse("too-few-witnesses", "the policy wants more signatures");
  const at = timesOf(held).filter(({ name }) => name === origin).map((own) => own.at).sort((a, b) => a - b).at(-1);
  const outside = rules?.outside(held, origin) ?? [];
  return { ...checkpoint, signers, at, outside, asks: rules?.asks ?? false, named: Boolean(rules?.witnesses.length) };
}

// The name of who runs the log: from its first entry, and the one known before.
function checkOperator({ context, map }, pinned) {
  const genesis = context.find(({ entry }) => entry.t === GENESIS);
  if (genesis && genesis.seq !== 0) refuse("bad-context", "a genesis entry that is not the first", genesis.seq);
  if (genesis && pinned && genesis.entry.who !== pinned) refuse("other-operator", genesis.entry.who, 0);
  const operator = genesis?.entry.who ?? pinned;
  for (const { seq, entry } of [...context, ...(map ? [map] : [])]) {
    if (OPERATOR_ONLY.has(entry.t) && entry.who !== operator) refuse("not-the-operator", entry.who, seq);
  }
  return operator;
}

// Links of withheld entries, as the redact entries say: Map seq → links.
function checkWithheld({ withheld, context }) {
  return new Map(withheld.map(({ seq, leaf, by }) => {
    const redact = context.find((item) => item.seq === by)?.entry;
    const announced = redact?.t === REDACT && redact.ev.seq === seq && redact.ev.leaf === hex(leaf) && by > seq;
    return announced ? [seq, redact.ev.lots] : refuse("not-announced", "an entry is withheld and no entry says so", seq);
  }));
}

// The lot's entries are number 0 … k−1, each after the one before; returns [{seq, leaf (hex)}].
function checkChain({ entries, withheld }, links, lot) {
  const rows = [...entries.map(({ seq, leaf, entry }) => ({ seq, leaf: hex(leaf), lots: entry.lots })),
    ...withheld.map(({ seq, leaf }) => ({ seq, leaf: hex(leaf), lots: links.get(seq) }))].sort((a, b) => a.seq - b.seq);
  const chains = new Chains();
  for (const { seq, leaf, lots } of rows) {
    const own = lots.filter((link) => link.lot === lot);
    if (!own.length) refuse("other-lot", "an entry of another lot", seq);
    try {
      chains.follow(own, leaf);
    } catch (error) {
      error.seq = seq;
      throw error;
    }
  }
  return rows;
}

async function checkMap({ map }, rows, lot) {
  if (!map) return;
  const { seq, entry: { t, ev }, bucket, siblings } = map;
  if (t !== MAP || ev.size !== seq) refuse("bad-map", "not a map of all entries before it", seq);
  const found = await lookUp(lot, ev, bucket, siblings);
  const before = rows.filter((row) => row.seq < seq);
  const same = found ? found.count === before.length && found.leaf === before.at(-1)?.leaf : before.length === 0;
  if (!same) refuse("not-complete", `${before.length} entries where the map counts ${found?.count ?? 0}`, seq);
}

// What was found out, for the page and for the next visit.
function told(bundle, lot, signed, { entries, context, map, withheld, waiting }, operator, rows) {
  const records = [...entries, ...context].map(({ seq, leaf, entry }) => ({ seq, leaf: hex(leaf), entry }));
  records.sort((a, b) => a.seq - b.seq);
  const history = fold(records, operator);
  const events = [...history.events.values()];
  return {
    origin: signed.origin,
    size: signed.size,
    root: base64(signed.root),
    note: bundle.checkpoint,
    rootKey: context.find(({ entry }) => entry.t === GENESIS)?.entry.ev.root,
    signers: signed.signers.map(({ text }) => text),
    at: signed.at,
    witnesses: signed.outside,
    asks: signed.asks,
    named: signed.named,
    operator,
    count: rows.length,
    leaves: rows.map(({ leaf }) => leaf),
    waiting,
    complete: map ? { at: map.entry.rec, later: rows.filter((row) => row.seq > map.seq).length } : null,
    withheld: withheld.length,
    erased: context.filter(({ entry }) => entry.t === ERASE).length,
    unknown: entries.filter(({ entry }) => !entry.understood).length,
    corrected: events.filter(({ changes }) => changes.some(({ counts }) => counts)).length,
    void: events.filter((event) => event.void).length,
    disputed: events.filter(({ disputes }) => disputes.length).length,
    recalled: recalled(history, lot),
    history,
    records,
  };
}
