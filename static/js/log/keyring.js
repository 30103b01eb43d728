// Which keys this phone goes on with (docs/log.md §4): those that signed the last checkpoint it verified, so that a key
// retired since is trusted no more. The first visit trusts the keys the log publishes. Later one of the remembered keys
// must have signed too, or the offline root key, remembered as well, must vouch for a new one.
import { parseNote, parseVerifierKey, verifyNote } from "./note.js";
import { Refused, refuse } from "./refused.js";

// Where a log is served: the end of its origin.
export const pathOf = (origin) => /\/log\/[1-9][0-9]{0,3}$/.exec(origin)?.[0] ?? "/log/1";

// {ok: true, keys, rootKey}, or {ok: false, state, code, detail}. `result`: of verifyBundle; `get(address)` → {status, text}
// or null.
export async function admit(before, result, get) {
  const rootKey = before?.rootKey ?? result.rootKey;
  if (!before || result.signers.some((key) => before.keys.includes(key))) return { ok: true, keys: result.signers, rootKey };
  const refused = (state, detail) => ({ ok: false, state, code: "key-changed", detail });
  if (!rootKey) return refused("warn", "no remembered key has signed, and no root key is known");
  const answer = await get(`${pathOf(result.origin)}/key-history`);
  if (answer?.status !== 200) return refused("warn", "the history of keys cannot be had");
  try {
    const vouched = await keysOfHistory(answer.text, rootKey, result);
    const found = result.signers.filter((key) => vouched.includes(key));
    return found.length ? { ok: true, keys: found, rootKey } : refused("bad", "the root key does not vouch for the key that signed");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return refused("bad", error.message);
  }
}

// The keys good for this size, by a note the root key signed.
export async function keysOfHistory(words, rootKey, { origin, size }) {
  const note = parseNote(words);
  const held = await verifyNote(note, [await parseVerifierKey(rootKey)]);
  const [head, ...lines] = note.text.slice(0, -1).split("\n");
  if (!held.length || head !== `${origin}/key-history`) refuse("bad-key-history", "not signed by the root key remembered");
  const rows = lines.map((line) => line.split(" "));
  return rows.filter(([from, to]) => Number(from) <= size && (to === "-" || Number(to) > size)).map(([, , key]) => key);
}
