// How old a signature is, in the words the page brought, and when that is too old (as marketplace/shop/ledger.py has it).
const AMBER = 24 * 3600;
const RED = 7 * 24 * 3600;

// "fresh", "late" or "stale": `at` and `now` in seconds. A phone whose clock is behind finds nothing late.
export function lateness(at, now) {
  if (at === undefined || now - at <= AMBER) return "fresh";
  return now - at <= RED ? "late" : "stale";
}

// {unit, count}: how long ago a person would say it is.
export function age(at, now) {
  const minutes = Math.max(0, Math.floor((now - at) / 60));
  if (minutes < 2) return { unit: "now", count: 0 };
  if (minutes < 120) return { unit: "minutes", count: minutes };
  if (minutes < 48 * 60) return { unit: "hours", count: Math.floor(minutes / 60) };
  return { unit: "days", count: Math.floor(minutes / (24 * 60)) };
}

// `words`: {now, minutes, hours, days}, each with {n} for the count.
export function ago(at, now, words) {
  const { unit, count } = age(at, now);
  return (words[unit] ?? "").replace("{n}", count);
}
