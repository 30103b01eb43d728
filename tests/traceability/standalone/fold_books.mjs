// Folds whole logs with the modules of the trace page: reads [{records: [text], operator, lots}] as JSON, writes for each
// {lot: [events, recalls]}, events as {seq: [fields, void, disputed, [[seq, counts]], [[seq, path, old, new]]]}.
import { readFileSync } from "node:fs";

import "./platform.mjs";
import { hex } from "../../../static/js/log/bytes.js";
import { readEntry } from "../../../static/js/log/entry.js";
import { fold } from "../../../static/js/log/fold.js";
import { leafHash } from "../../../static/js/log/hash.js";

async function told({ records, operator, lots }) {
  const rows = await Promise.all(records.map(async (text, seq) => {
    const bytes = new TextEncoder().encode(text);
    return { seq, leaf: hex(await leafHash(bytes)), entry: readEntry(bytes) };
  }));
  const history = fold(rows, operator);
  return Object.fromEntries(lots.map((lot) => [lot, ofLot(history, lot)]));
}

export function ofLot(history, lot) {
  const own = [...history.events].filter(([, { entry }]) => entry.lots.some((link) => link.lot === lot));
  const events = Object.fromEntries(own.map(([seq, { fields, void: ended, disputes, marks, changes }]) => [seq, [
    fields, Boolean(ended), disputes.length > 0, marks.map((mark) => [mark.seq, mark.counts]),
    changes.filter(({ counts }) => counts).map(({ seq: by, path, old, new: value }) => [by, path, old ?? null, value]),
  ]]));
  return [events, (history.recalls.get(lot) ?? []).map(({ seq, counts }) => [seq, counts])];
}

process.stdout.write(JSON.stringify(await Promise.all(JSON.parse(readFileSync(0, "utf-8")).map(told))));
