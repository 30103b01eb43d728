// The self-check of a trace page: fetches the bundle, checks it, compares with the last visit, says the outcome in the
// words the page brought (its <template data-say>). No network, no https or an old browser is never an alarm.
import { isBundle } from "./bundle.js";
import { compare } from "./continuity.js";
import { saveEvidence } from "./evidence.js";
import { available } from "./hash.js";
import { admit, pathOf } from "./keyring.js";
import { recall, remember } from "./memory.js";
import { say, sayAges } from "./say.js";
import { comparePage, readPage } from "./told.js";
import { verifyBundle } from "./verify.js";

const PATIENCE = 20_000;
// What is no sign of tampering: witnesses that have not signed yet.
const UNDECIDED = new Set(["too-few-witnesses"]);
// Keys or policy that are none: somebody in between answered.
const UNUSABLE = new Set(["bad-key", "bad-policy"]);

// {status, text} or null when nothing came.
async function get(address) {
  try {
    // Asked anew each time: an answer kept from the last visit would tell of the last visit.
    const answer = await fetch(address, { signal: AbortSignal.timeout?.(PATIENCE), credentials: "omit", cache: "no-cache" });
    return { status: answer.status, text: await answer.text() };
  } catch {
    return null;
  }
}

async function getJson(address) {
  const answer = await get(address);
  try {
    return answer && { status: answer.status, body: JSON.parse(answer.text) };
  } catch {
    return null; // a page of somebody in between
  }
}

const consistency = (path) => (first, second) => getJson(`${path}/proof/consistency?first=${first}&second=${second}`);

// The lines of the page, `<seq>:<beginning of its leaf>` each: the first that should be under the checkpoint and is not, and
// how many are younger than it.
function compareLines(shown, { leaves, size }) {
  const lines = shown.split(" ").filter(Boolean).map((line) => line.split(":"));
  const under = lines.filter(([seq]) => !(Number(seq) >= size));
  const stray = under.find(([, start]) => !leaves.some((leaf) => leaf.startsWith(start)));
  return { stray: stray?.join(":"), young: lines.length - under.length };
}

// {state, …}: what to say, with its values.
async function check({ lot, origin, operator, shown }) {
  const [before, path] = [recall(origin), pathOf(origin)];
  const address = `/t/${lot}/bundle.json${before ? "" : "?genesis=1"}`;
  const [answer, listed, policy] = await Promise.all([getJson(address), get(`${path}/keys`), get(`${path}/policy`)]);
  if (answer?.status !== 200 || !isBundle(answer.body) || listed?.status !== 200 || !policy) return { state: "none" };
  const bundle = answer.body;
  const published = listed.text.split("\n").filter(Boolean);
  const keys = [...new Set([...before?.keys ?? [], ...published])];
  const pins = { origin, operator: before?.operator ?? operator, keys, policy: policy.status === 200 ? policy.text : "" };
  let result = await verifyBundle(bundle, lot, pins);
  if (UNUSABLE.has(result.code)) return { state: "none" };
  // Witnesses may just be late. But a second history has none either: everything else is looked at all the same.
  const undecided = UNDECIDED.has(result.code) ? result : null;
  if (undecided) result = await verifyBundle(bundle, lot, { ...pins, policy: "" });
  if (!result.ok) return { ...result, state: "bad", bundle };
  const { stray, young } = compareLines(shown, result);
  if (stray) return { state: "bad", code: "not-in-the-log", detail: `the page shows ${stray}…`, notes: [result.note], bundle };
  const page = readPage(document);
  const said = page ? comparePage(page, result, lot) : {};
  if (said.fault) return { ...said.fault, state: "bad", notes: [result.note], bundle };
  const ring = await admit(before, result, get);
  const continued = before ? await compare(before, result, consistency(path)) : {};
  if (continued.ok === false) return { ...continued, state: "bad", since: before.at, bundle: await beginning(continued, address, bundle) };
  if (!ring.ok) return { ...ring, notes: [before.note, result.note] };
  if (undecided) return { ...undecided, state: "warn", bundle };
  // Only a comparison that was made lets the older checkpoint go.
  if (!before || (continued.compared && result.size >= before.size)) {
    remember(origin, { ...result, keys: ring.keys, rootKey: ring.rootKey, at: new Date().toISOString() });
  }
  const waiting = Math.max(result.waiting, young);
  return { ...result, waiting, state: result.count ? "good" : "soon", since: continued.compared && before.at, uncompared: before && !continued.compared, same: said.same };
}

// Of a log that was set back: the bundle with the first entry, which promises the key whose signed times tell it.
async function beginning({ code }, address, { checkpoint }) {
  if (code !== "set-back") return undefined;
  const answer = await getJson(`${address}?genesis=1`);
  return answer?.body?.checkpoint === checkpoint ? answer.body : undefined;
}

export async function selfCheck(element) {
  sayAges(element);
  if (!available()) return;
  say(element, "busy");
  let found;
  try {
    found = await check(element.dataset);
  } catch {
    found = { state: "none" }; // a module that did not load, a browser that cannot
  }
  say(element, found.state, found);
  element.dataset.state = found.state;
  if (found.state === "bad") {
    element.querySelector("[data-save]")?.addEventListener("click", () => saveEvidence(found));
  }
}
