// Puts one of the page's own sentences in place: <template data-say="…">, with {names} filled in and parts left out.
import { ago, lateness } from "./ages.js";

const shown = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", year: "numeric", hour12: false,
});

// A moment as the site writes it: 07:05 22/11/2026.
function moment(iso) {
  const part = Object.fromEntries(shown.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
  return `${part.hour}:${part.minute} ${part.day}/${part.month}/${part.year}`;
}

// What the sentences may name; a part whose value is missing, 0 or false is left out.
export function values(found, words, now) {
  return {
    count: found.count,
    code: found.code,
    since: found.since && moment(found.since),
    uncompared: found.uncompared,
    later: found.complete?.later,
    withheld: found.withheld,
    strange: found.unknown,
    recalled: found.recalled,
    same: found.same,
    line: found.seq !== undefined && found.seq + 1,
    ...signatures(found, words, now),
    ...faults(found),
  };
}

// Who signed and when; whether that is too old: by the newest signature from outside, by the log's own where there is none.
// Only what somebody outside signed is called complete.
function signatures({ at, witnesses = [], complete, asks, waiting, count }, words, now) {
  const outside = witnesses.length > 0;
  const last = outside ? witnesses[0].at : at;
  const tone = lateness(last, now);
  return {
    signed: at && moment(at * 1000),
    alone: !outside,
    witness: witnesses.map((one) => `${one.name}, ${moment(one.at * 1000)} (${ago(one.at, now, words)})`).join("; "),
    old: last && ago(last, now, words),
    [tone]: true,
    until: outside && complete && moment(complete.at),
    reach: !outside && complete && moment(complete.at),
    waiting: !asks && waiting,
    awaited: asks && waiting,
    soon: !count && !(asks && waiting),
  };
}

// Which of the sentences about a fault or a doubt fits.
function faults({ state, code }) {
  const [fork, back, few] = ["fork", "set-back", "too-few-witnesses"].map((word) => word === code);
  const [unknown, hidden, page] = ["not-in-the-log", "recall-hidden", "page-differs"].map((word) => word === code);
  const named = fork || back || unknown || hidden || page;
  return { fork, back, few, changed: state === "warn" && !few, unknown, hidden, page, differs: state === "bad" && !named };
}

const seconds = () => Date.now() / 1000;

const agesOf = ({ dataset: { agoNow, agoMinutes, agoHours, agoDays } }) => ({
  now: agoNow, minutes: agoMinutes, hours: agoHours, days: agoDays,
});

export function say(element, state, found = {}) {
  const template = element.querySelector(`template[data-say="${state}"]`);
  const words = template.content.cloneNode(true);
  const told = values({ ...found, state }, agesOf(element), seconds());
  for (const part of words.querySelectorAll("[data-if]")) if (!told[part.dataset.if]) part.remove();
  const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    node.data = node.data.replace(/\{(\w+)\}/g, (_, name) => String(told[name] ?? ""));
  }
  element.querySelector("[data-said]").replaceChildren(words);
  if (state === "bad") alarm(element);
}

// The page may have been kept since it was made: how long ago its moments are, this phone says.
export function sayAges(element) {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const at = Date.parse(time.dateTime) / 1000;
    time.after(` (${ago(at, seconds(), agesOf(element))})`);
    time.closest("[data-age]").dataset.age = lateness(at, seconds());
  }
}

// What the phone found outweighs a good verdict of the page's own.
function alarm(element) {
  document.querySelector("main > .verdict--good")?.remove();
  element.setAttribute("role", "alert");
  element.parentElement.prepend(element);
}
