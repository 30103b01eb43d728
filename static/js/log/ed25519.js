// Ed25519 (RFC 8032): the platform's own where it has one, else the library beside, loaded only then.
import { unhex } from "./bytes.js";

// RFC 8032 §7.1, test 1: the empty message.
const KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const SIGNATURE = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
  + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

async function native(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
}

async function choose() {
  try {
    if (await native(unhex(KEY), unhex(SIGNATURE), new Uint8Array(0))) return native;
  } catch {
    // This platform has no Ed25519.
  }
  const library = await import("../vendor/noble-ed25519.js");
  return (key, signature, message) => library.verifyAsync(signature, message, key, { zip215: false });
}

let chosen;

// Does `signature` (64 bytes) hold? Rejects when neither way can be had, for example offline.
export async function verify(key, signature, message) {
  if (signature.length !== 64) return false;
  chosen ??= choose();
  const way = await chosen.catch((error) => {
    chosen = undefined;
    throw error;
  });
  try {
    return await way(key, signature, message);
  } catch {
    return false; // a key that is no point
  }
}

// "native" or "library", for the tests.
export const kind = async () => ((await (chosen ??= choose())) === native ? "native" : "library");
