// Signed notes and checkpoints, read strictly (C2SP signed-note, tlog-checkpoint, tlog-cosignature).
import { base64, concat, equal, hex, unbase64, utf8 } from "./bytes.js";
import { verify } from "./ed25519.js";
import { sha256 } from "./hash.js";
import { refuse } from "./refused.js";

export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;
const MOST_LINES = 100;
const MOST_BYTES = 1_000_000;
const DASH = "— ";
const NAME = /^[^\s\p{Z}\p{C}+]+$/u;

// {text, lines: [{name, id (hex), value}]}; nothing is verified yet.
export function parseNote(note) {
  if (typeof note !== "string" || note.length > MOST_BYTES) refuse("bad-note", "no text, or too long");
  if (/[\x00-\x09\x0b-\x1f\p{Surrogate}]/u.test(note)) refuse("bad-note", "a control character");
  const at = note.lastIndexOf("\n\n");
  const tail = note.slice(at + 2);
  if (at < 0 || !tail.endsWith("\n")) refuse("bad-note", "no signature lines after a blank line");
  const lines = tail.slice(0, -1).split("\n");
  if (lines.length > MOST_LINES) refuse("bad-note", "too many signature lines");
  return { text: note.slice(0, at + 1), lines: lines.map(signatureLine) };
}

function signatureLine(line) {
  const space = line.indexOf(" ", DASH.length);
  if (!line.startsWith(DASH) || space < 0) refuse("bad-note", "a signature line of another form");
  const name = line.slice(DASH.length, space);
  const bytes = unbase64(line.slice(space + 1));
  if (!NAME.test(name) || bytes.length < 5) refuse("bad-note", "a signature line of another form");
  return { name, id: hex(bytes.subarray(0, 4)), value: bytes.subarray(4) };
}

// {origin, size, root}
export function parseCheckpoint(words) {
  const lines = words.split("\n");
  if (lines.length !== 4 || lines[3] !== "" || !lines[0]) refuse("bad-checkpoint", "not three lines");
  const [origin, size, root] = lines;
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) refuse("bad-checkpoint", "the size");
  return { origin, size: Number(size), root: unbase64(root, 32) };
}

// {name, id, type, key, text}; type and key are undefined for algorithms not known here.
export async function parseVerifierKey(words) {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(words) ?? refuse("bad-key", "not name+id+key");
  if (!NAME.test(name)) refuse("bad-key", "the name");
  const bytes = unbase64(encoded);
  if (bytes[0] !== ED25519 && bytes[0] !== COSIGNATURE) return { name, id, text: words };
  if (bytes.length !== 33) refuse("bad-key", "the length");
  const digest = await sha256(concat(utf8(`${name}\n`), bytes));
  if (hex(digest.subarray(0, 4)) !== id) refuse("bad-key", "the id is not the key's");
  return { name, id, type: bytes[0], key: bytes.slice(1), text: words };
}

// The signatures by known keys, each key once, as {key, at} (`at`: the signed second of a cosignature, else null);
// lines of others are passed over. Refuses a known key's line that does not hold.
export async function verifyNote(note, keys) {
  const known = new Map(keys.filter(({ type }) => type).map((key) => [`${key.name} ${key.id}`, key]));
  const held = [];
  for (const line of note.lines) {
    const name = `${line.name} ${line.id}`;
    const key = known.get(name);
    if (!key) continue;
    known.delete(name);
    held.push({ key, at: await signedAt(key, line.value, note.text) });
  }
  return held;
}

async function signedAt(key, value, words) {
  const timed = key.type === COSIGNATURE;
  const signature = timed ? value.subarray(8) : value;
  const seconds = timed && value.length > 8 ? new DataView(value.buffer, value.byteOffset).getBigUint64(0) : null;
  const message = timed ? `cosignature/v1\ntime ${seconds}\n${words}` : words;
  if (!await verify(key.key, signature, utf8(message))) refuse("bad-signature", `the signature of ${key.name} does not hold`);
  return seconds === null ? null : Number(seconds);
}

export const sameCheckpoint = (a, b) => a.origin === b.origin && a.size === b.size && equal(a.root, b.root);

export const rootText = (checkpoint) => base64(checkpoint.root);
