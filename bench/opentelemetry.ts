/**
 * What do traces by OpenTelemetry cost? The same server without them, with the package but no tracer provider, and with one
 * that samples a hundredth and all of it, in turns: words at a pace, and messages that are replied to.
 */

import { measurePace } from './paced.js';
import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { names, onStage } from './support/stage.js';

const OFF = 'ours-otel-off';
const [HUNDREDTH, ALL] = ['ours-otel-1', 'ours-otel-100'];
const PACE = { threads: 400, sessions: 1, perSecond: 5_000 };
/** One message at a time on each. */
const THREADS = 50;

const CASES: Readonly<
  Record<string, (peer: PeerName, short: boolean) => Promise<Readonly<Record<string, number>>>>
> = {
  '5,000 events/s over 400 threads': (peer, short) => measurePace(peer, PACE, short),
  'messages with replies of 20 words': (peer, short) => measureReplies(peer, short ? 1_000 : 4_000),
};

const COMPARED = ['ours', HUNDREDTH, ALL];
const METRICS = ['delivered/s', 'p50 ms', 'server µs/event', 'replies/s', 'server µs/reply'];

export const opentelemetry: BenchRequest = {
  name: 'opentelemetry',
  title: 'Traces by OpenTelemetry: against none',
  peers: () => [OFF, ...COMPARED],
  cases: () => Object.keys(CASES),
  rounds: ({ short }) => (short ? 1 : 7),
  async measure(peer, name, { short }) {
    const measure = CASES[name];
    if (!measure) throw new Error(`No case is called ${name}`);
    return measure(peer as PeerName, short);
  },
  ratios: COMPARED.flatMap((of) => METRICS.map((metric) => ({ metric, of, against: [OFF] }))),
  targets: ['ours', HUNDREDTH].flatMap((of) => [
    { metric: 'delivered/s', of, against: OFF, atLeast: 0.97 },
    { metric: 'replies/s', of, against: OFF, atLeast: 0.97 },
    { metric: 'p50 ms', of, against: OFF, atMost: 1.03 },
  ]),
};

/** Messages are sent as fast as their replies end; a page follows each thread. */
function measureReplies(peer: PeerName, forMs: number) {
  return onStage(peer, {}, async ({ server, connect, measured }) => {
    const threads = names(THREADS);
    await connect(threads, 1);
    await server.ask('replyFor', { threads, forMs: forMs / 2 });
    return measured(async () => {
      const before = await server.ask('usage');
      const { count, p50, p99 } = await server.ask('replyFor', { threads, forMs });
      const after = await server.ask('usage');
      return {
        'replies/s': (count * 1_000) / (after.at - before.at),
        'server µs/reply': (after.cpuUs - before.cpuUs) / count,
        'p50 ms': p50,
        'p99 ms': p99,
      };
    });
  });
}
