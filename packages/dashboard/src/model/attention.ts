/** What on the servers needs an operator, from their figures: the worst first. */

import type { TotalsLine } from './answers.js';
import { bytes, counted, duration } from './format.js';

export interface Notice {
  readonly code: string;
  readonly tone: 'broken' | 'worried';
  readonly title: string;
  /** What shows it. */
  readonly evidence: string;
  /** What to do. */
  readonly next: string;
}

/** New connections are refused at 200 ms; words wait noticeably from here on. */
const LATE_MS = 50;
const VERY_LATE_MS = 200;
/** Of the heap's limit. New connections are refused at 90 % of the memory. */
const FULL = 0.85;
/** Replies that wait while others are produced are normal on busy threads. */
const MANY_WAITING = 20;

export function noticesOf({ nodes, unreachable, cluster }: TotalsLine): readonly Notice[] {
  const ofNodes = nodes.flatMap(({ node, draining, loop_delay_ms: late, memory }): Notice[] => [
    ...(late >= LATE_MS
      ? [
          {
            code: 'loop_late',
            tone: late >= VERY_LATE_MS ? ('broken' as const) : ('worried' as const),
            title: `${node} is busy: everything there waits`,
            evidence: `Its event loop is ${duration(late)} late on average.`,
            next: 'Look for code of the app that computes for long, or add a server.',
          },
        ]
      : []),
    ...(memory.heap_used_bytes > FULL * memory.heap_limit_bytes
      ? [
          {
            code: 'memory_full',
            tone: 'broken' as const,
            title: `${node} has little memory left`,
            evidence: `Its heap has ${bytes(memory.heap_used_bytes)} of ${bytes(memory.heap_limit_bytes)}.`,
            next: 'Raise --max-old-space-size, or add a server. At 90 % new connections are refused.',
          },
        ]
      : []),
    ...(draining
      ? [
          {
            code: 'draining',
            tone: 'worried' as const,
            title: `${node} stops`,
            evidence: 'It takes no new work and hands its clients over.',
            next: 'Nothing, if it is being deployed or restarted.',
          },
        ]
      : []),
  ]);
  const gone = unreachable.map(
    (node): Notice => ({
      code: 'unreachable',
      tone: 'broken',
      title: `${node} does not answer`,
      evidence: 'It has a heartbeat in the store, and did not answer within a second.',
      next: 'Look at its log and its machine. After five seconds without a heartbeat others take its work over.',
    }),
  );
  const { waiting, running } = cluster.runs;
  const queue: readonly Notice[] =
    waiting >= MANY_WAITING
      ? [
          {
            code: 'replies_wait',
            tone: 'worried',
            title: `${counted(waiting, 'reply waits', 'replies wait')} for a turn`,
            evidence: `${counted(running, 'is', 'are')} being produced. A thread has one at a time.`,
            next: 'Look at the replies: a model that hangs holds up its thread.',
          },
        ]
      : [];
  const all = [...gone, ...ofNodes, ...queue];
  return [
    ...all.filter(({ tone }) => tone === 'broken'),
    ...all.filter(({ tone }) => tone === 'worried'),
  ];
}
