// A refusal: a stable `code` for programs, a detail for the curious, and the number of the entry it is about.
export class Refused extends Error {
  constructor(code, detail = "", seq = undefined) {
    super(detail || code);
    this.code = code;
    this.seq = seq;
  }
}

export function refuse(code, detail, seq) {
  throw new Refused(code, detail, seq);
}

// Runs `work`; what it refuses is about entry `seq`.
export function about(seq, work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) error.seq = seq;
    throw error;
  }
}
