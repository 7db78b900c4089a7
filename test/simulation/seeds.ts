/**
 * Seeds that have failed, kept for ever: each found a bug in the product (or, where it says so, in the
 * simulation). What a seed makes of the world changes when the scenarios do; what it found stays in the
 * tests that are named.
 */

export interface FoundSeed {
  readonly seed: number;
  readonly found: string;
}

export const FOUND: readonly FoundSeed[] = [
  {
    seed: 6624,
    found:
      'A reader from before the base of a log that was trimmed up to its head was told that the store is damaged ' +
      '(`retention: a log that is trimmed up to its head …` in the conformance suite).',
  },
  {
    seed: 9352,
    found:
      'In the simulation: it expected of a server whose store was put back that it knows a v1 client that had come ' +
      'since the back-up. A client of v1 has no cursor to tell.',
  },
  {
    seed: 1506,
    found:
      'A client that resumed on a dead link took ten seconds to notice: two resumes and two registrations went ' +
      'unanswered one after the other (`a hole on a link that is silent …` in step.test.ts).',
  },
  {
    seed: 5074,
    found:
      'In the simulation: it took a first receipt that tells of a gap for one that begins after it.',
  },
  {
    seed: 22939,
    found:
      'In the simulation: it remembered what a monitor was granted first although its session had been erased with ' +
      'the thread since.',
  },
  {
    seed: 23452,
    found:
      'In the simulation: it read a commit in which a thread is forgotten and begun again as if its order mattered.',
  },
  {
    seed: 301231,
    found:
      'A trim that was still to be written when its thread was erased wrote the new log into the commit, before ' +
      'what the old one had still been given. One commit, so no reader saw it; a trim writes its own log only now.',
  },
];
