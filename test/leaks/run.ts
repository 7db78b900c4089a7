/** Warm-up, baseline, cycles, and a last measurement. */

import { temporaryFolder } from '../support/app.js';
import { until } from '../support/until.js';
import { cycle } from './cycle.js';
import { growth } from './judge.js';
import { type Measurement, measure } from './measure.js';
import type { Holdings } from './messages.js';
import { LeakServer } from './server-process.js';

interface Look {
  readonly server: Measurement;
  readonly client: Measurement;
}

export interface LeakReport {
  readonly passed: boolean;
  readonly cycles: number;
  readonly before: Look;
  readonly after: Look;
  /** What has grown, one line each. */
  readonly grown: readonly string[];
}

export interface LeakOptions {
  readonly cycles: number;
  /** Clients that come and go before the baseline is taken. */
  readonly warmUp: number;
  /** The server keeps something of every client: the check must notice. */
  readonly leak: boolean;
  /** The bundled `server.ts`. */
  readonly serverProgram: string;
  readonly say: (line: string) => void;
}

const AT_A_TIME = 16;
/** Measurements during a long run: a leak grows from each to the next, a filling cache does not. */
const STAGES = 4;
const LONG_RUN_CYCLES = 1_000;
const SAY_EVERY_MS = 5_000;
/** Covers the longest timeout, and a busy machine. */
const SETTLE_MS = 60_000;

export async function findLeaks(options: LeakOptions): Promise<LeakReport> {
  const { cycles, warmUp, leak, serverProgram, say } = options;
  const folder = await temporaryFolder();
  const server = await LeakServer.start(serverProgram, folder.path, leak);
  try {
    // The first written line opens a handle to the terminal, which must be part of the baseline.
    say(`warming up with ${warmUp} clients`);
    await live(server, 1, warmUp, say);
    const before = await look(server);
    say(`the baseline: heap ${before.server.heap} server, ${before.client.heap} client`);
    let after = before;
    const stages = cycles < LONG_RUN_CYCLES ? 1 : STAGES;
    for (let stage = 0; stage < stages; stage += 1) {
      const done = Math.floor((cycles * stage) / stages);
      const upTo = Math.floor((cycles * (stage + 1)) / stages);
      await live(server, warmUp + done + 1, upTo - done, say);
      after = await look(server);
      say(`after ${upTo} cycles: heap ${after.server.heap} server, ${after.client.heap} client`);
    }
    const grown = [
      ...growth(before.server, after.server).map((line) => `server: ${line}`),
      ...growth(before.client, after.client).map((line) => `client: ${line}`),
    ];
    return { passed: grown.length === 0, cycles, before, after, grown };
  } finally {
    server.close();
    await folder.remove();
  }
}

/** Some clients at a time, until `count` have come and gone. */
async function live(
  server: LeakServer,
  from: number,
  count: number,
  say: (line: string) => void,
): Promise<void> {
  let next = from;
  let saidAt = performance.now();
  const lives = Array.from({ length: AT_A_TIME }, async () => {
    while (next < from + count) {
      const number = next;
      next += 1;
      await cycle(server, number);
      if (performance.now() - saidAt < SAY_EVERY_MS) continue;
      saidAt = performance.now();
      say(`${number} clients have come and gone`);
    }
  });
  await Promise.all(lives);
}

/** Waits until all clients have left and all timeouts have passed. Whatever is left then is a leak. */
async function look(server: LeakServer): Promise<Look> {
  await until('nothing is held any more', async () => isEmpty(await server.holdings()), {
    timeoutMs: SETTLE_MS,
    state: () => server.holdings(),
  });
  return { server: await server.measure(), client: await measure() };
}

const isEmpty = (holdings: Holdings): boolean =>
  Object.values(holdings).every((count) => count === 0);
