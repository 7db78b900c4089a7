/** Findings about the replies of a thread. */

import type { Facts, RunFacts } from './facts.js';
import { type Found, type Rule, type Rules, timeOf } from './rule.js';
import { clockTime, span } from './words.js';

/** A reply that waits for less has its turn soon. */
const WAITS_MS = 5_000;
/** Models think for seconds before the first word, and pause in between: half a minute of the three that they may take. */
const STALLS_AFTER = 1 / 6;
const STALLS_MS = 30_000;

export const runRules: Rules<
  'run_waiting' | 'run_stalled' | 'run_failed' | 'run_interrupted' | 'run_cancelled'
> = {
  run_waiting: aboutOpen({ waits: true }, ({ started_at }, { now, runs }) => {
    const since = timeOf(started_at);
    if (now - since < WAITS_MS) return undefined;
    const before = runs.find((each) => each.status === 'running' && each.waits === false);
    return {
      at: since,
      ongoing: true,
      title: `A reply waits for its turn since ${clockTime(since)}.`,
      evidence: [
        `It has waited for ${span(now - since)}.`,
        before
          ? `The reply ${before.run_id} of the same thread is produced before it, since ${clockTime(timeOf(before.started_at))}.`
          : 'No reply of the same thread is produced before it.',
      ],
      next: before
        ? 'Cancel the reply before it, or wait. A page may ask for the refusal thread_busy instead of waiting.'
        : 'Look at /debug/runs for the replies that are produced: which threads and users have them?',
    };
  }),

  run_stalled: aboutOpen({ waits: false }, ({ started_at, last_part_at, ...run }, facts) => {
    const since = timeOf(last_part_at ?? started_at);
    const { now, node } = facts;
    const stallsMs = node ? node.run_stall_ms * STALLS_AFTER : STALLS_MS;
    if (now - since < stallsMs) return undefined;
    return {
      at: since,
      ongoing: true,
      title: `A reply is being produced, and nothing has come from its responder for ${span(now - since)}.`,
      evidence: [
        last_part_at
          ? `Its last part came at ${clockTime(since)}.`
          : `It was started at ${clockTime(since)} and has no part yet.`,
        `Its node is ${run.node}.`,
        ...(node ? [`It fails after ${span(node.run_stall_ms)} without a part.`] : []),
      ],
      next: 'Look at the logs of the model, or of what the responder waits for, and give its requests a timeout.',
    };
  }),

  run_failed: aboutEnd('failed', ({ error, ...run }) => ({
    at: endOf(run),
    title: 'A reply failed: its responder threw an error.',
    evidence: [`It ended at ${clockTime(endOf(run))}${error ? ` with ${error}` : ''}.`],
    next: "Look for 'A responder failed' in the server's log: it has the error with its stack.",
  })),

  run_interrupted: aboutEnd('interrupted', (run) => ({
    at: endOf(run),
    title: 'A reply was interrupted: the server that produced it has gone.',
    evidence: [
      `It ended at ${clockTime(endOf(run))}. Every word that it had written is in the thread.`,
    ],
    next: 'Let the user ask again. If it was a deployment, give the drain more time (DRAIN_MS).',
  })),

  run_cancelled: aboutEnd('cancelled', (run) => ({
    at: endOf(run),
    title: 'A reply was cancelled.',
    evidence: [`It ended at ${clockTime(endOf(run))}.`],
    next: 'Do nothing: a client of the thread, or the app, has asked for it.',
  })),
};

type Find = (run: RunFacts, facts: Facts) => Found | undefined;

/** A rule about a reply that waits or is produced. */
function aboutOpen({ waits }: { readonly waits: boolean }, find: Find): Rule {
  return (facts) => {
    const run = facts.runs.find((each) => each.status === 'running' && each.waits === waits);
    return run && find(run, facts);
  };
}

/** A rule about how the newest reply ended: what came before it is no longer what the user waits for. */
function aboutEnd(status: RunFacts['status'], find: Find): Rule {
  return (facts) => {
    const run = facts.runs.find((each) => each.status !== 'running');
    return run && run.status === status ? find(run, facts) : undefined;
  };
}

const endOf = ({ ended_at, started_at }: Pick<RunFacts, 'ended_at' | 'started_at'>): number =>
  timeOf(ended_at ?? started_at);
