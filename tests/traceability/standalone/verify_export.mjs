// node verify_export.mjs FOLDER [POLICY [SINCE]]   exit 0 sound, 1 tampered, 2 fork, 3 incomplete, 4 usage
// node verify_export.mjs --batch LIST              LIST: lines FOLDER[TAB POLICY[TAB SINCE]]; one line out for each:
//                                                  the exit code, after 1 also the first bad index or "-",
//                                                  after 0 a digest of the folded story of the lot LOT0
import { readFileSync } from "node:fs";

import "./platform.mjs";
import { checkExport } from "./export_check.mjs";
import { TAMPERED, USAGE } from "./export_files.mjs";

async function check(folder, policy, since) {
  let texts;
  try {
    texts = [policy, since].map((file) => (file ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file)) : undefined));
  } catch (error) {
    return { exit: USAGE, message: error.message };
  }
  return checkExport(folder, ...texts);
}

async function batch(list) {
  for (const line of readFileSync(list, "utf-8").split("\n").filter(Boolean)) {
    const { exit, index, story } = await check(...line.split("\t"));
    process.stdout.write(exit === TAMPERED ? `1 ${index ?? "-"}\n` : `${exit}${story ? ` ${story("LOT0")}` : ""}\n`);
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--batch" && rest.length === 1) {
  await batch(rest[0]);
} else if (first && first !== "--batch" && rest.length <= 2) {
  const { exit, index, message } = await check(first, ...rest);
  process.stdout.write(`${message}${index === undefined ? "" : ` (entry ${index})`}\n`);
  process.exitCode = exit;
} else {
  process.stderr.write("usage: verify_export.mjs FOLDER [POLICY [SINCE]] | --batch LIST\n");
  process.exitCode = USAGE;
}
