/** Loaded into the server before its first line: its process reports figures of itself. Needs `--expose-gc`. */

import { subscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { answerWith } from '../../support/answer.mjs';
import { calls } from './calls.mjs';

const RESOLUTION_MS = 5;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
// Modules that load are no delay for a client.
subscribe('tracing:net.server.listen:asyncEnd', () => delay.reset());

const milliseconds = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);

answerWith({
  /** The loop's delay since the last call, or since the server listens, in milliseconds. */
  loopDelay() {
    const seen = { p99: milliseconds(delay.percentile(99)), max: milliseconds(delay.max) };
    delay.reset();
    return seen;
  },

  /** Bytes that the process holds after garbage collection, outside the heap included. */
  async held() {
    for (let turn = 0; turn < 3; turn += 1) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },

  /** The most calls of `authorize` that were under way at a time. */
  callsUnderWay: () => calls.most,
});
