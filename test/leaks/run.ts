/** Warm-up, baseline, cycles, and a last measurement. */

import { helper, type Say } from '../harness/program.js';
import { temporaryFolder } from '../support/app.js';
import { Remote } from '../support/remote.js';
import { pause, until } from '../support/until.js';
import { cycle, type LeakServer } from './cycle.js';
import { growth } from './judge.js';
import { type Measurement, measure } from './measure.js';
import type { LeakHandlers } from './server.js';

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
  readonly say: Say;
}

const AT_A_TIME = 16;
/** Measurements during a long run: a leak grows from each to the next, a filling cache does not. */
const STAGES = 4;
const LONG_RUN_CYCLES = 1_000;
const SAY_EVERY_MS = 5_000;
/** Covers the longest timeout, and a busy machine. */
const SETTLE_MS = 60_000;
/** Engine.IO and ws wait half a minute for the goodbye of a peer that has gone. */
const GOODBYE_MS = 35_000;

export async function findLeaks(options: LeakOptions): Promise<LeakReport> {
  const { cycles, warmUp, leak, say } = options;
  const folder = await temporaryFolder();
  const remote = await Remote.start<LeakHandlers>(helper('server'), {
    args: [folder.path, ...(leak ? ['leak'] : [])],
    execArgv: process.execArgv,
  });
  const server = { url: await remote.ask('url'), remote };
  try {
    // The first written line opens a handle to the terminal, which must be part of the baseline.
    say(`warming up with ${warmUp} clients`);
    await live(server, 1, warmUp, say);
    const before = await look(remote);
    say(`the baseline: heap ${before.server.heap} server, ${before.client.heap} client`);
    let after = before;
    const stages = cycles < LONG_RUN_CYCLES ? 1 : STAGES;
    for (let stage = 0; stage < stages; stage += 1) {
      const done = Math.floor((cycles * stage) / stages);
      const upTo = Math.floor((cycles * (stage + 1)) / stages);
      await live(server, warmUp + done + 1, upTo - done, say);
      after = await look(remote);
      say(`after ${upTo} cycles: heap ${after.server.heap} server, ${after.client.heap} client`);
    }
    let grown = grownSince(before, after);
    const deadline = performance.now() + GOODBYE_MS;
    while (grown.some(isHandle) && performance.now() < deadline) {
      await pause(1_000);
      after = await look(remote);
      grown = grownSince(before, after);
    }
    return { passed: grown.length === 0, cycles, before, after, grown };
  } finally {
    await remote.child.end('SIGKILL');
    await folder.remove();
  }
}

const grownSince = (before: Look, after: Look): readonly string[] => [
  ...growth(before.server, after.server).map((line) => `server: ${line}`),
  ...growth(before.client, after.client).map((line) => `client: ${line}`),
];

/** Whether it is a timer, a socket or a file: the heap is measured after a collection, and waits for nothing. */
const isHandle = (line: string): boolean => !line.includes(': heap:');

/** Some clients at a time, until `count` have come and gone. */
async function live(server: LeakServer, from: number, count: number, say: Say): Promise<void> {
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
async function look(server: Remote<LeakHandlers>): Promise<Look> {
  await until('nothing is held any more', async () => isEmpty(await server.ask('holdings')), {
    timeoutMs: SETTLE_MS,
    state: () => server.ask('holdings'),
  });
  return { server: await server.ask('measure'), client: await measure() };
}

const isEmpty = (holdings: Readonly<Record<string, number>>): boolean =>
  Object.values(holdings).every((count) => count === 0);
