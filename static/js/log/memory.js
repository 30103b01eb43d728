// What this browser remembers of a log from visit to visit: the last verified checkpoint and the log's keys.
const PREFIX = "log ";

const storage = () => {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined; // switched off by the person
  }
};

// {note, size, root (base64), keys, rootKey, operator, at} or null.
export function recall(origin) {
  try {
    const found = JSON.parse(storage()?.getItem(PREFIX + origin) ?? "null");
    const whole = typeof found?.note === "string" && Number.isSafeInteger(found.size) && typeof found.root === "string" && Array.isArray(found.keys);
    return whole ? found : null;
  } catch {
    return null;
  }
}

export function remember(origin, { note, size, root, keys, rootKey, operator, at }) {
  try {
    storage()?.setItem(PREFIX + origin, JSON.stringify({ note, size, root, keys, rootKey, operator, at }));
  } catch {
    // Full or switched off: this visit was checked all the same.
  }
}
