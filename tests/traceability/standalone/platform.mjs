// Node 18 has WebCrypto, but not where browsers have it. To be imported before the page's modules.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
