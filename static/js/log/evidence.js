// The file a person keeps when the log does not fit (docs/log.md §9). What was fetched goes with it where the notes alone
// do not show the fault.
export function evidence({ notes, proof = [], code, detail, bundle }) {
  const kept = { format: "chonongsan/evidence/1", notes, proof, why: `${code}: ${detail}` };
  return bundle ? { ...kept, bundle } : kept;
}

export function saveEvidence(found) {
  const file = new Blob([JSON.stringify(evidence(found), null, 1)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `bang-chung-so-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
