// SHA-256 and HMAC of the platform (WebCrypto; there only on https and in Node), and the hashes of RFC 6962 §2.1.
import { concat, utf8 } from "./bytes.js";

const { subtle } = globalThis.crypto ?? {};
const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

export const available = () => Boolean(subtle);

export const sha256 = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes));

export const leafHash = (data) => sha256(concat(LEAF, data));

export const nodeHash = (left, right) => sha256(concat(NODE, left, right));

export const emptyRoot = () => sha256(new Uint8Array(0));

export const sha256OfText = (words) => sha256(utf8(words));

export async function hmac(key, message) {
  const secret = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", secret, message));
}
