// Does the page say what the log says? The page declares what it shows (its data-log attributes); the same is read here
// from the entries this phone has checked, by the rules of docs/log.md §5 and §11 (marketplace/lots/sealed.py does it too).
import { fold, recalled } from "./fold.js";
import { spell } from "./profile.js";

const MOVES = { released: "released", unblocked: "released", blocked: "blocked", recall: "recalled" };
const OFF_SALE = new Set(["recalled", "broken"]);
const STOPPED = new Set([...OFF_SALE, "blocked", "cancelled"]);

// {last, verdict, lot, steps}; null for a page that declares nothing.
export function readPage(root) {
  const whole = root.querySelector("dl[data-log]");
  const steps = [...root.querySelectorAll("li[data-log]")].map(({ dataset }) => JSON.parse(dataset.log));
  return whole && { ...JSON.parse(whole.dataset.log), steps };
}

// {fault: {code, detail, seq}} for the first difference; else {same}: false where the page has read lines that no checkpoint
// covers yet, so that only the recall could be compared.
export function comparePage(page, { records, operator, size }, lot) {
  if (recalled(fold(records, operator), lot) && !OFF_SALE.has(page.verdict)) {
    return { fault: { code: "recall-hidden", detail: `the log recalls the lot, the page says ${page.verdict}` } };
  }
  if (!Number.isSafeInteger(page.last) || page.last >= size) return { same: false };
  const history = fold(records.filter(({ seq }) => seq <= page.last), operator);
  const differs = (detail, seq) => ({ fault: { code: "page-differs", detail, seq } });
  for (const { seq, ...said } of page.steps) {
    const event = history.events.get(seq);
    if (event ? !same(said, stepOf(event)) : !said.withheld) return differs(`step ${seq} of the page`, seq);
  }
  const shown = new Set(page.steps.map(({ seq }) => seq));
  const hidden = [...history.events.keys()].find((seq) => !shown.has(seq));
  if (hidden !== undefined) return differs(`the page leaves out step ${hidden}`, hidden);
  const facts = factsOf(history, lot);
  if (!same(page.lot, facts)) return differs("the lot as a whole");
  const stopped = facts.state === "blocked" || facts.state === "cancelled";
  if (stopped && !STOPPED.has(page.verdict)) return differs(`the log says ${facts.state}, the page ${page.verdict}`);
  return { same: true };
}

const same = (a, b) => {
  try {
    return spell(a) === spell(b);
  } catch {
    return false; // something the log cannot hold
  }
};

// What a page says of one event: every version of it, oldest first.
export const stepOf = ({ entry, versions, void: ended, disputes }) => ({
  rec: entry.rec.slice(0, 16),
  void: ended !== null,
  doubts: disputes.length,
  told: versions.map((event) => ({ day: dayOf(event), ...details(event) })),
});

// What the log says of the lot as a whole; nothing is empty.
export function factsOf(history, lot) {
  const events = [...history.events.values()].filter((event) => event.void === null).sort((a, b) => a.seq - b.seq);
  const of = (...kinds) => events.filter(({ fields }) => kinds.includes(fields["cns:activity"]));
  const last = (list, read) => list.map(read).filter(Boolean).at(-1);
  const days = (list) => list.map(({ fields }) => dayOf(fields)).sort();
  const release = of("released").at(-1);
  const printed = of("packing").filter(({ seq }) => !release || seq < release.seq);
  const told = release ? details(release.fields) : {};
  const found = {
    ...stateOf(history, lot, events),
    who: last(events, ({ entry }) => entry.who.startsWith("seller:") && entry.who),
    number: last(events, ({ fields }) => fields["cns:lotNumber"]),
    place: last(events, ({ fields }) => fields.bizLocation?.id)?.replace(/^cns:loc-/, ""),
    area: last(events, ({ fields }) => fields["cns:growingAreaCode"]),
    started: days(of("sowing", "stocking"))[0] ?? told.startedOn,
    harvested: days(of("harvesting"))[0],
    packed: days(of("packing")).at(-1),
    best_before: told.bestBefore ?? last(printed, ({ fields }) => fields["cns:bestBefore"]),
    amount: told.amount,
    unit: told.amountUnit,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value));
}

function stateOf(history, lot, events) {
  const recall = (history.recalls.get(lot) ?? []).filter(({ counts }) => counts).at(-1);
  if (recall) return { state: "recalled", reason: recall.reason };
  const move = events.filter(({ fields }) => Object.hasOwn(MOVES, fields["cns:activity"])).at(-1)?.fields;
  if (!move) return {};
  const reason = move["cns:reason"];
  return { state: reason === "cancelled" ? "cancelled" : MOVES[move["cns:activity"]], reason };
}

function details(event) {
  const own = Object.entries(event).filter(([key, value]) => key.startsWith("cns:") && value !== "");
  const found = Object.fromEntries(own.map(([key, value]) => [key.slice(4), value]));
  for (const side of ["inputQuantityList", "outputQuantityList", "quantityList"]) {
    const [item] = event[side] ?? [];
    if (item && "quantity" in item) Object.assign(found, { amount: item.quantity, amountUnit: item.uom ?? "" });
  }
  return found;
}

// The day in Vietnam, which has no other hour than +07:00.
const dayOf = ({ eventTime }) => new Date(Date.parse(eventTime) + 7 * 3_600_000).toISOString().slice(0, 10);
