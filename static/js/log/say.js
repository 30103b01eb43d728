// Puts one of the page's own sentences in place: <template data-say="…">, with {names} filled in and parts left out.
const shown = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", year: "numeric", hour12: false,
});

// A moment as the site writes it: 07:05 22/11/2026.
function moment(iso) {
  const part = Object.fromEntries(shown.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
  return `${part.hour}:${part.minute} ${part.day}/${part.month}/${part.year}`;
}

// What the sentences may name; a part whose value is missing, 0 or false is left out.
function values(found) {
  return {
    count: found.count,
    code: found.code,
    since: found.since && moment(found.since),
    uncompared: found.uncompared,
    until: found.complete && moment(found.complete.at),
    later: found.complete?.later,
    waiting: found.waiting,
    witness: found.witnesses?.map(({ name }) => name).join(", "),
    withheld: found.withheld,
    recalled: found.recalled,
    ...faults(found),
  };
}

// Which of the sentences about a fault fits.
function faults({ state, code }) {
  const fork = code === "fork" || code === "set-back";
  const unknown = code === "not-in-the-log";
  return { fork, unknown, differs: state === "bad" && !fork && !unknown };
}

export function say(element, state, found = {}) {
  const template = element.querySelector(`template[data-say="${state}"]`);
  const words = template.content.cloneNode(true);
  const told = values({ ...found, state });
  for (const part of words.querySelectorAll("[data-if]")) if (!told[part.dataset.if]) part.remove();
  const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    node.data = node.data.replace(/\{(\w+)\}/g, (_, name) => String(told[name] ?? ""));
  }
  element.querySelector("[data-said]").replaceChildren(words);
  if (state === "bad") alarm(element);
}

// What the phone found outweighs a good verdict of the page's own.
function alarm(element) {
  document.querySelector("main > .verdict--good")?.remove();
  element.setAttribute("role", "alert");
  element.parentElement.prepend(element);
}
