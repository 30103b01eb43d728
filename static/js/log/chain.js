// The hash chain of a lot: each entry names its number in the lot and the leaf of the one before (docs/log.md §1).
import { NO_PREVIOUS } from "./forms.js";
import { refuse } from "./refused.js";

export class Chains {
  constructor() {
    this.tails = new Map(); // lot → {n, leaf (hex)}
  }

  // Takes the links of the next entry, whose leaf (hex) is `leaf`. Refuses a link that does not continue its lot.
  follow(links, leaf) {
    for (const { lot, n, prev } of links) {
      const tail = this.tails.get(lot);
      if (n !== (tail ? tail.n + 1 : 0)) refuse("wrong-number", `${lot}: entry number ${n}`);
      if (prev !== (tail ? tail.leaf : NO_PREVIOUS)) refuse("wrong-previous", `${lot}: entry ${n} does not follow the one before`);
    }
    for (const { lot, n } of links) this.tails.set(lot, { n, leaf });
  }
}
