/**
 * The page's own check of the promise, from nothing but what the app is given: the place of each event,
 * and the gaps and resets that are announced. It trusts no counter of the monitor. Pure.
 */

/** Offsets, both ends included. */
interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Proof {
  /** Of the log that is being followed; null before its first event. */
  readonly epoch: string | null;
  /** The highest offset that was applied or announced as gone. */
  readonly offset: number;
  /** Passed over without a word. What comes after all is out of order, and no longer missing. */
  readonly missing: readonly Range[];
  /** Events; one that stands for several counts as those. */
  readonly applied: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
}

export const UNTESTED: Proof = {
  epoch: null,
  offset: 0,
  missing: [],
  applied: 0,
  duplicated: 0,
  outOfOrder: 0,
};

export interface Place {
  readonly epoch: string;
  /** The last one that the event covers. */
  readonly offset: number;
  readonly span: number;
}

export function withEvent(proof: Proof, { epoch, offset, span }: Place): Proof {
  const from = offset - span + 1;
  const counted = { ...proof, epoch, applied: proof.applied + span };
  if (proof.epoch !== null && proof.epoch !== epoch) {
    // Another log without a reset: the check cannot know what that event follows.
    return { ...counted, offset, outOfOrder: proof.outOfOrder + 1 };
  }
  if (from > proof.offset) return { ...pass(counted, from), offset };
  const missing = without(proof.missing, { from, to: offset });
  if (total(missing) < total(proof.missing)) {
    return { ...counted, missing, outOfOrder: proof.outOfOrder + 1 };
  }
  const duplicated = proof.duplicated + 1;
  return { ...counted, offset: Math.max(proof.offset, offset), duplicated };
}

/** Events that are gone, and announced as such: not lost. */
export function withGap(proof: Proof, { from, to }: Range): Proof {
  if (to <= proof.offset) return proof;
  return { ...pass(proof, from), offset: to };
}

/** The history from an offset on is void, whatever it was; the log may be another one from here. */
export function withReset(proof: Proof, { from }: { readonly from: number }): Proof {
  const missing = without(proof.missing, { from, to: Number.POSITIVE_INFINITY });
  return { ...proof, epoch: null, offset: from - 1, missing };
}

export const lost = ({ missing }: Proof): number => total(missing);

export const holds = (proof: Proof): boolean =>
  lost(proof) === 0 && proof.duplicated === 0 && proof.outOfOrder === 0;

/** Goes on at an offset: what lies between is missing. */
function pass(proof: Proof, from: number): Proof {
  const hole = { from: proof.offset + 1, to: from - 1 };
  return hole.from > hole.to ? proof : { ...proof, missing: [...proof.missing, hole] };
}

function without(ranges: readonly Range[], { from, to }: Range): readonly Range[] {
  return ranges.flatMap((range) =>
    [
      { from: range.from, to: Math.min(range.to, from - 1) },
      { from: Math.max(range.from, to + 1), to: range.to },
    ].filter((rest) => rest.from <= rest.to),
  );
}

const total = (ranges: readonly Range[]): number =>
  ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
