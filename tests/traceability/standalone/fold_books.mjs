// Folds whole logs with the modules of the trace page: reads [{records: [text], operator, lots}] as JSON, writes for each
// {lot: [events, recalls]}, events as {seq: [fields, void, disputed, [[seq, counts]], [[seq, path, old, new]]]}.
import { readFileSync } from "node:fs";

import "./platform.mjs";
import { hex } from "../../../static/js/log/bytes.js";
import { readEntry } from "../../../static/js/log/entry.js";
import { fold } from "../../../static/js/log/fold.js";
import { leafHash } from "../../../static/js/log/hash.js";
import { ofLot } from "./fold_told.mjs";

async function told({ records, operator, lots }) {
  const rows = await Promise.all(records.map(async (text, seq) => {
    const bytes = new TextEncoder().encode(text);
    return { seq, leaf: hex(await leafHash(bytes)), entry: readEntry(bytes) };
  }));
  const history = fold(rows, operator);
  return Object.fromEntries(lots.map((lot) => [lot, ofLot(history, lot)]));
}

process.stdout.write(JSON.stringify(await Promise.all(JSON.parse(readFileSync(0, "utf-8")).map(told))));
