import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fakeClock } from '../../../../testing/src/fake-clock.js';
import { createMemoryStore } from '../../stores/memory.js';
import { createTrace, silentLogger } from '../trace.js';
import type { TraceFields } from '../trace-steps.js';
import { NO_PEERS } from './peers.js';
import { openRecording } from './recording.js';
import { SessionTrace } from './session-trace.js';

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'session-monitor-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return join(path, 'trace');
};

/** A process that starts, with what its store says of the one before. */
async function start(directory: string | undefined, runs: number | undefined) {
  const clock = fakeClock({ wall: Date.now() });
  const steps: [string, TraceFields][] = [];
  const said: string[] = [];
  const logger = { ...silentLogger, info: (_: object, text: string) => void said.push(text) };
  const recording = openRecording({
    node: 'node-1',
    clock,
    logger: { ...logger, isLevelEnabled: () => false },
    options: directory === undefined ? {} : { directory },
    hasFollowed: () => false,
    trace: (step, fields) => trace(step, fields),
  });
  const keep = createTrace(silentLogger, { keeper: recording.recorder });
  const trace: typeof keep = (step, fields) => {
    steps.push([step, fields]);
    keep(step, fields);
  };
  const store = createMemoryStore();
  const sessions = { size: 0, connected: () => [] };
  const sessionTrace = new SessionTrace({
    node: 'node-1',
    recording,
    store,
    clock,
    logger: silentLogger,
    trace,
    sessions,
    peers: NO_PEERS,
  });
  sessionTrace.recovered(runs);
  return { clock, steps, said, sessionTrace, recording };
}

const stepsOf = ({ steps }: Awaited<ReturnType<typeof start>>) => steps.map(([step]) => step);

test('a process that was stopped says so, and the next one finds it so', async () => {
  const directory = folder();
  const first = await start(directory, 0);
  await first.sessionTrace.close();
  expect(stepsOf(first)).toEqual(['process_started', 'process_stopped']);
  expect(first.clock.pending).toBe(0);
  const second = await start(directory, 0);
  await second.sessionTrace.close();
  expect(stepsOf(second)).toEqual(['process_started', 'process_stopped']);
  expect(readdirSync(directory)).toHaveLength(2);
});

test('a process that was not stopped properly is traced by the next one, with its replies', async () => {
  const directory = folder();
  const killed = await start(directory, 0);
  // Its lines are written, and nothing more.
  await killed.recording.lines.scan(() => true);
  const next = await start(directory, 3);
  await next.sessionTrace.close();
  expect(next.steps.find(([step]) => step === 'not_stopped')?.[1]).toEqual({
    runs: 3,
    last_at: expect.any(Number),
    former: 'node-1',
  });
  await killed.sessionTrace.close();
});

test.each([
  [0, false],
  [2, true],
  // Other nodes have put it in order.
  [undefined, false],
])('without files the replies that were left open tell: %s', async (runs, isTold) => {
  const process = await start(undefined, runs);
  await process.sessionTrace.close();
  expect(stepsOf(process).includes('not_stopped')).toBe(isTold);
  expect(process.said).toEqual([expect.stringContaining('in memory only')]);
});

test.each([
  [{ maxBytes: 1_000 }, 'trace.maxBytes is 1000. Allowed: a number of at least 1048576.'],
  [{ maxAgeMs: Number.NaN }, 'trace.maxAgeMs is NaN. Allowed: a number of at least 60000.'],
])('options that keep nothing are refused: %j', (options, message) => {
  const open = () =>
    openRecording({
      node: 'n',
      clock: fakeClock(),
      logger: silentLogger,
      options,
      hasFollowed: () => false,
      trace: () => {},
    });
  expect(open).toThrow(message);
});
