/**
 * A process that writes without pause: appends with and without message ids to several threads, runs, trims and
 * deletions. The journal settles all the while.
 *
 *     node writer.mjs DATA_DIR RECORD_FILE SEED NAME
 */

import { openSync, writeSync } from 'node:fs';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { Random } from '../../simulation/time/random.js';
import { eventText, type RecordLine } from '../record.js';

const [, , path = '', recordFile = '', seed = '', name = ''] = process.argv;
const THREADS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'] as const;
/** The journal settles in small steps all the time. */
const PACE = { roundBytes: 24_000, roundBatches: 60, stepBytes: 4_000, stepBatches: 12 };
const APPENDERS = 6;
const KEPT_EVENTS = 120;

const record = openSync(recordFile, 'a');
const write = (line: RecordLine) => writeSync(record, `${JSON.stringify(line)}\n`);
const store = await openLmdbStore({ path, pace: PACE });
store.onFailure((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

async function append(id: string, random: Random): Promise<void> {
  const thread_id = random.pick(THREADS);
  const count = random.chance(0.2) ? random.int(2, 12) : 1;
  const events = Array.from({ length: count }, (_, index) => eventText(id, index));
  const once = random.chance(0.66);
  write(['append', thread_id, id, count, once]);
  const outcome = await store.logs.append(thread_id, events, once ? { message_id: id } : {});
  if (outcome.outcome !== 'appended') throw new Error(`${id} is ${outcome.outcome}`);
  write(['appended', id, outcome.epoch, outcome.first, outcome.last]);
}

async function run(id: string, random: Random): Promise<void> {
  const thread_id = random.pick(THREADS);
  write(['start', id]);
  const started = await store.runs.start({
    run_id: id,
    thread_id,
    log_id: thread_id,
    cursor: '',
    fingerprint: id,
    node: name,
    started_at: Date.now(),
    lease_until: 0,
  });
  if (!started) throw new Error(`${id} is there already`);
  const { token } = started;
  write(['started', id]);
  for (let part = 0; part < random.int(1, 4); part += 1) {
    await fenced(`${id}.${part}`, thread_id, { run_id: id, token });
  }
  if (random.chance(0.2)) return;
  write(['finish', id]);
  await fenced(`${id}.end`, thread_id, { run_id: id, token, finish: 'completed' });
  write(['finished', id]);
}

async function fenced(
  id: string,
  thread_id: string,
  fence: { run_id: string; token: number; finish?: 'completed' },
): Promise<void> {
  write(['append', thread_id, id, 1, false]);
  const outcome = await store.logs.append(thread_id, [eventText(id, 0)], { fence });
  if (outcome.outcome !== 'appended') throw new Error(`${id} is ${outcome.outcome}`);
  write(['appended', id, outcome.epoch, outcome.first, outcome.last]);
}

async function trim(thread_id: string): Promise<void> {
  write(['trim', thread_id]);
  const { base } = await store.logs.trim(thread_id, { maxAgeMs: 1e12, maxEvents: KEPT_EVENTS }, 8);
  write(['trimmed', thread_id, base]);
}

async function erase(thread_id: string): Promise<void> {
  write(['delete', thread_id]);
  const { epoch } = await store.logs.delete(thread_id);
  write(['deleted', thread_id, epoch]);
}

/** Runs one operation after another without end; several workers run at the same time. */
async function work(worker: string): Promise<never> {
  const random = new Random(Number(seed)).fork(worker);
  for (let n = 1; ; n += 1) await append(`${name}.${worker}.${n}`, random);
}

async function manage(): Promise<never> {
  const random = new Random(Number(seed)).fork('manage');
  for (let n = 1; ; n += 1) {
    const chance = random.next();
    if (chance < 0.6) await run(`${name}.run.${n}`, random);
    else if (chance < 0.93) await trim(random.pick(THREADS));
    else await erase(random.pick(THREADS));
  }
}

process.send?.('writing');
process.on('disconnect', () => process.exit(1));
const workers = Array.from({ length: APPENDERS }, (_, index) => work(`w${index}`));
await Promise.all([manage(), ...workers]);
