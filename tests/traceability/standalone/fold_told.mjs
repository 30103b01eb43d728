// What the fold of the trace page says of one lot, in a form that other programs can say too: [events, recalls] as
// fold_books.mjs tells.
import { createHash } from "node:crypto";

export function ofLot(history, lot) {
  const own = [...history.events].filter(([, { entry }]) => entry.lots.some((link) => link.lot === lot));
  const events = Object.fromEntries(own.map(([seq, { fields, void: ended, disputes, marks, changes }]) => [seq, [
    fields, Boolean(ended), disputes.length > 0, marks.map((mark) => [mark.seq, mark.counts]),
    changes.filter(({ counts }) => counts).map(({ seq: by, path, old, new: value }) => [by, path, old ?? null, value]),
  ]]));
  return [events, (history.recalls.get(lot) ?? []).map(({ seq, counts }) => [seq, counts])];
}

// Keys in order of their characters, also those that look like numbers.
function spelled(value) {
  if (Array.isArray(value)) return `[${value.map(spelled).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${spelled(value[key])}`).join(",")}}`;
}

export const digest = (told) => createHash("sha256").update(spelled(told)).digest("hex").slice(0, 16);
