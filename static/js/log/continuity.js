// Compares this visit with the last one (docs/log.md §8, last step): the newer tree must extend the remembered one.
import { base64, unbase64 } from "./bytes.js";
import { Refused } from "./refused.js";
import { verifyConsistency } from "./tree.js";

const UNREACHABLE = { compared: false };

// `before` and `now`: {note, size, root (base64)}; `ask(first, second)` → {status, body} or null when there is no network.
// {compared: true}, {compared: false} when nothing could be asked, or {ok: false, code, detail, notes, proof}.
export async function compare(before, now, ask) {
  const [older, newer] = before.size <= now.size ? [before, now] : [now, before];
  if (older.size === newer.size) return older.root === newer.root ? { compared: true } : fork(older, newer, [], "two roots for one size");
  const answer = await ask(older.size, newer.size);
  if (!answer || answer.status >= 500 || answer.status === 429) return UNREACHABLE;
  if (answer.status !== 200) {
    // A log that once signed for more entries now says it has fewer: it was set back.
    return before.size > now.size ? fork(older, newer, [], "the log is shorter than before", "set-back") : UNREACHABLE;
  }
  return prove(older, newer, answer.body);
}

async function prove(older, newer, body) {
  let hashes;
  try {
    hashes = body.hashes.map((hash) => unbase64(hash, 32));
  } catch {
    return UNREACHABLE; // an answer of somebody in between, not of the log
  }
  try {
    await verifyConsistency(point(older), point(newer), hashes);
    return { compared: true };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return fork(older, newer, evidence(older, body, hashes), error.message);
  }
}

// The hashes from which the newer root follows; at a power of two the proof begins with the older root itself, so the
// one the log now shows is put in front.
function evidence(older, body, hashes) {
  const power = Number.isInteger(Math.log2(older.size));
  return [...(power && typeof body.first_root === "string" ? [body.first_root] : []), ...hashes.map(base64)];
}

const point = ({ size, root }) => ({ size, root: unbase64(root, 32) });

function fork(older, newer, proof, detail, code = "fork") {
  return { ok: false, code, detail, notes: [older.note, newer.note], proof };
}
