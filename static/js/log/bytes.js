// Bytes and their spellings: UTF-8, hex, base64 (RFC 4648 §4, one spelling only).
import { refuse } from "./refused.js";

const encoder = new TextEncoder();
// A byte order mark is a character like any other: what was hashed is what is read.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text) => encoder.encode(text);

export function text(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return refuse("not-utf8");
  }
}

export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function compare(a, b) {
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    if (a[at] !== b[at]) return a[at] - b[at];
  }
  return a.length - b.length;
}

export const equal = (a, b) => a.length === b.length && compare(a, b) === 0;

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function unhex(digits) {
  if (typeof digits !== "string" || !/^(?:[0-9a-f]{2})*$/.test(digits)) refuse("bad-hex");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function base64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function unbase64(encoded, length = undefined) {
  let binary;
  try {
    binary = atob(encoded);
  } catch {
    return refuse("bad-base64");
  }
  if (btoa(binary) !== encoded) refuse("bad-base64", "base64 in another spelling");
  if (length !== undefined && binary.length !== length) refuse("bad-length", `${binary.length} bytes where ${length} are due`);
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

// The 32-byte hashes joined in `bytes`.
export function split(bytes, size = 32) {
  if (bytes.length % size) refuse("bad-length", "not whole records");
  return Array.from({ length: bytes.length / size }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
}
