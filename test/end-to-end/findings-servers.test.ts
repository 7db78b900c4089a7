/** What explains a session whose server or store is in trouble: real processes, a real disk, a real Redis; found first. */

import { cp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { EVENT } from '../support/client.js';
import { expectFirst, findingsOf, pathOf } from '../support/findings.js';
import { type Lab, test } from '../support/lab.js';
import { MIB, ServerOnSmallDisk } from '../support/small-disk.js';
import { pause, range, until } from '../support/until.js';

const THREAD = 'served';
const TIME = String.raw`\d\d:\d\d:\d\d UTC`;
const STORE_SLOW =
  /^The store is slow or does not answer: an event is sent only when it is durable\.$/;

/** They wait for processes and disks: they wait together. */
test('the cause of trouble at the server is found first', async (lab) => {
  const stages = [blockedAndKilled, slowCommits, silentStore, fullDisk, restored];
  await Promise.all(stages.map((stage) => stage(lab)));
}, 60_000);

/** A server whose loop stood still, and that was killed in the middle of a reply. */
async function blockedAndKilled(lab: Lab): Promise<void> {
  const trace = { directory: await lab.folder() };
  const server = await lab.server({ trace, demo: { partsPerSecond: 100, words: 10_000 } });
  const client = await lab.liveClient(server.url, { thread_id: THREAD });
  server.freeze(true);
  // Half a second is noticed, by a look every quarter of one.
  await pause(1_000);
  server.freeze(false);
  await expectFirst(server.url, pathOf(client), 'loop_blocked', {
    title: /^The event loop of node-\S+ was blocked: nothing was read or sent meanwhile\.$/,
    evidence: [RegExp(`^It stood still for \\d+(\\.\\d)? m?s until ${TIME}\\.$`)],
    ongoing: false,
  });

  await client.monitor.sendMessage('Well?');
  await until('some words are there', () => client.monitor.status.offset > 10);
  await server.kill();
  await server.restart();
  await until('it is back', () => client.receipts.length === 2);
  const found = await expectFirst(server.url, pathOf(client), 'server_killed', {
    title: RegExp(
      `^The server was away until ${TIME}, from ${TIME} at the earliest: its process was killed, or it crashed\\.$`,
    ),
    evidence: [
      /^1 reply was interrupted\.$/,
      RegExp(`^Its client was back on node-\\S+ at ${TIME}\\.$`),
    ],
    ongoing: false,
  });
  expect(found.map(({ code }) => code)).toContain('run_interrupted');
}

/** A store of which commits are slow, and that hangs. */
async function slowCommits(lab: Lab): Promise<void> {
  const server = await lab.server();
  const client = await lab.liveClient(server.url, { thread_id: THREAD });
  await server.fault({ delayMs: 700, fails: false });
  for (const n of range(1, 4)) await server.publish(THREAD, EVENT, { n });
  await expectFirst(server.url, pathOf(client), 'store_slow', {
    title: STORE_SLOW,
    evidence: [/^A commit took \d+ ms on average over about the last ten seconds\.$/],
  });
  await server.fault({ delayMs: 3_000, fails: false });
  const hanging = server.publish(THREAD, EVENT, { n: 5 });
  await until('an append waits', async () => {
    const [first] = await findingsOf(server.url, pathOf(client));
    return first?.evidence.some((line) => /^An append has waited for \S+ s\.$/.test(line));
  });
  await server.fault({ delayMs: 0, fails: false });
  await hanging;
}

/** The question about a session is answered all the same. */
async function silentStore(lab: Lab): Promise<void> {
  const redis = await lab.redis({ appendfsync: 'no' });
  const server = await lab.server({ redis: { url: redis.url }, node: 'node-1' });
  const client = await lab.liveClient(server.url, { thread_id: THREAD });
  await redis.call('CLIENT', 'PAUSE', 4_000, 'ALL');
  await expectFirst(server.url, pathOf(client), 'store_slow', {
    title: STORE_SLOW,
    evidence: [/^It has not answered this question within 700 ms\.$/],
  });
}

async function fullDisk(lab: Lab): Promise<void> {
  const server = await ServerOnSmallDisk.open(lab, { diskMib: 28, reserveBytes: 16 * MIB });
  const client = await lab.liveClient(server.url, { thread_id: THREAD });
  server.disk.fill();
  await expectFirst(server.url, pathOf(client), 'storage_full', {
    title: /^The disk of the store is nearly full: the server refuses what is new\.$/,
    evidence: [/^Reads, resumes and erasures go on; .* refused with storage_full\.$/],
  });
}

/** A copy of the directory is put back, as a backup is. */
async function restored(lab: Lab): Promise<void> {
  const path = join(await lab.folder(), 'data');
  const server = await lab.server({ path });
  const proxy = await lab.proxy(server.url);
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  const publish = async (from: number, to: number) => {
    for (const n of range(from, to)) await server.publish(THREAD, EVENT, { n });
  };
  await publish(1, 3);
  await server.kill();
  await cp(path, `${path}.copy`, { recursive: true });
  await server.restart();
  await publish(4, 9);
  await until('it has all', () => client.seen.length === 9);
  await server.kill();
  await rename(path, `${path}.lost`);
  await rename(`${path}.copy`, path);
  await server.restart();
  await until('it was reset', () => client.resets.length === 1);
  await expectFirst(server.url, pathOf(client), 'history_lost', {
    title: /^The client was reset: the log has lost its end, which the client had read\.$/,
    evidence: [RegExp(`^It was reset at ${TIME}, reason 'cursor_ahead'; it goes on from event 1`)],
    ongoing: false,
  });
}
