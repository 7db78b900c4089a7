/** A detailed trace of real sessions is decided again by the real cores; an altered one is not. */

import { spawnSync } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { publish } from '../support/app.js';
import { createStorage, keepAway, loseOneFrame } from '../support/client.js';
import { jsonPost } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { ROOT } from '../support/root.js';
import { runProgram } from '../support/run-script.js';
import { until } from '../support/until.js';

const THREAD = 'replayed';

/** The program, bundled by its first run. */
const PROGRAM = join(ROOT, '.cache/simulate/simulate.mjs');

beforeAll(() => {
  const { status, all } = runProgram('simulate', '--trace', join(ROOT, 'none'));
  expect([status, all]).toEqual([1, expect.stringContaining('is no file that can be read')]);
}, 60_000);

/** Whether a replay of a file passes, and what it says. */
function replay(path: string): readonly [passed: boolean, said: string] {
  const args = [PROGRAM, '--trace', path];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect([status === 0 || status === 1, stderr]).toEqual([true, '']);
  return [status === 0, stdout.trimEnd().replaceAll(path, 'FILE')];
}

/** Sessions with cuts, a lost frame, a gap, a reader that acknowledges late, a copied tab, and one that expires. */
async function live(lab: Lab) {
  const app = await lab.app({
    trace: { directory: join(await lab.folder(), 'trace') },
    settings: {
      window: { events: 8, bytes: 2_000 },
      idleAfterMs: 1_000,
      expireAfterMs: 2_000,
      sweepIntervalMs: 50,
    },
  });
  const watch = jsonPost({ thread_id: THREAD, minutes: 10 });
  expect((await fetch(`${app.url}/debug/detail`, watch)).status).toBe(200);
  const proxy = await lab.proxy(app.url);
  const storage = createStorage();
  const options = { thread_id: THREAD, pingInterval: 50 } as const;
  const client = await lab.liveClient(proxy.url, { ...options, storage });
  await publish(app, THREAD, 1, 20);
  await until('it has all', () => client.seen.length === 20);
  await keepAway(proxy, client);
  await publish(app, THREAD, 21, 40);
  proxy.refusing = false;
  await until('it is back', () => client.seen.length === 40);
  loseOneFrame(client.socket);
  await publish(app, THREAD, 41, 41);
  await publish(app, THREAD, 42, 42);
  await until('it has resumed', () => client.seen.length === 42);
  await keepAway(proxy, client);
  await publish(app, THREAD, 43, 60);
  await app.sessions.internals.store.logs.trim(THREAD, { maxEvents: 5 }, 100);
  proxy.refusing = false;
  await until('it has a gap', () => client.gaps.length === 1 && client.seen.at(-1) === 60);
  // A copied tab gets a session for itself; a late one begins with a gap; another one at the end.
  await lab.liveClient(app.url, { ...options, storage: storage.copy() });
  await lab.liveClient(app.url, { ...options, since: 3 });
  await lab.liveClient(app.url, { ...options, since: 'now' });
  const silent = lab.v1Client(app.url).socket;
  const register = { protocol: 2, thread_id: THREAD, attempt: 1, instance: 'i'.repeat(22) };
  await silent.emitWithAck('register_session', register);
  // The same attempt again, then a later one.
  await silent.emitWithAck('register_session', register);
  await silent.emitWithAck('register_session', { ...register, attempt: 2 });
  await publish(app, THREAD, 61, 90);
  const ndjson = async () => {
    const answer = await fetch(
      `${app.url}/debug/threads/${THREAD}/trace?limit=10000&format=ndjson`,
    );
    return answer.text();
  };
  const text = await until('the silent one has expired, the others have all', async () => {
    const found = await ndjson();
    return found.includes('"expire"') && client.seen.at(-1) === 90 ? found : false;
  });
  return { app, text, folder: await lab.folder() };
}

describe('a replay of a trace', () => {
  test('agrees with real sessions, in each form of the file, and finds one altered number', async (lab) => {
    const { app, text, folder } = await live(lab);
    const path = join(folder, 'trace');
    await writeFile(path, text);
    const [passed, said] = replay(path);
    expect([passed, said]).toEqual([
      true,
      expect.stringMatching(/^\d+ decisions in \d+ lines were made again, and all agree\.$/),
    ]);
    expect(Number(/^\d+/.exec(said)?.[0])).toBeGreaterThan(60);
    // As documents: as the server sends it, and with indents.
    const answer = await fetch(`${app.url}/debug/threads/${THREAD}/trace?limit=10000`);
    const document = await answer.text();
    for (const form of [document, JSON.stringify(JSON.parse(document), null, 2)]) {
      await writeFile(path, form);
      expect(replay(path)[0]).toBe(true);
    }
    // Each number that a decision is about, in the last line of its step, where that has it.
    const lines = text.trimEnd().split('\n');
    const alter = async (step: string, field: string, change: (value: never) => unknown) => {
      const has = (line: string) =>
        line.includes(`"step":"${step}"`) && line.includes(`"${field}":`);
      const index = lines.findLastIndex(has);
      const line = JSON.parse(lines[index] ?? '{}') as Record<string, unknown>;
      const altered = { ...line, [field]: change(line[field] as never) };
      await writeFile(path, lines.with(index, JSON.stringify(altered)).join('\n'));
      const [isSame, why] = replay(path);
      const found = new RegExp(`^Line ${index + 1} \\(${step}, seq ${line.seq} of`).test(why);
      expect([step, field, isSame, found, why]).toEqual([step, field, false, true, why]);
      return why;
    };
    const more = (value: number) => value + 1;
    expect(await alter('register', 'from', more)).toContain('where the session goes on differs');
    expect(await alter('register', 'outcome', () => 'forked')).toContain('the outcome differs');
    expect(await alter('register', 'gap_to', more)).toContain('the end of the gap');
    await alter('resume', 'from', more);
    await alter('frame', 'from', (value: number) => value - 1);
    await alter('frame', 'events', (value: number) => value + 8);
    expect(await alter('acknowledged', 'offset', more)).toMatch(/The trace has \d+, the core/);
    await alter('acknowledged', 'in_flight_bytes', more);
    await alter('disconnect', 'sent', more);
    await alter('idle', 'silent_ms', () => 10);
    await alter('expire', 'silent_ms', () => 10);
  }, 120_000);

  test('skips a torn line, and refuses what is no detailed trace', async (lab) => {
    const { text, folder } = await live(lab);
    const path = join(folder, 'trace');
    const said = async (content: string) => {
      await writeFile(path, content);
      return replay(path);
    };
    const [passed, torn] = await said(text.trimEnd().slice(0, -20));
    expect(passed).toBe(true);
    expect(torn).toContain('FILE is cut short: its torn last line is skipped.');
    expect(await said('')).toEqual([false, 'FILE is empty.']);
    for (const foreign of ['no JSON at all', '{"lines": 1}', '[1, 2]', '{"a":'.repeat(1_000)]) {
      expect(await said(foreign)).toEqual([false, 'FILE has no line of a session trace.']);
    }
    const plain = text.split('\n').filter((line) => line.includes('"step":"connect"'));
    expect(await said(plain.join('\n'))).toEqual([
      false,
      expect.stringContaining('Watch the session in detail first'),
    ]);
    expect(replay(join(folder, 'none'))[1]).toContain('no file that can be read');
    expect((await said(`{"x":"${'x'.repeat(5_000_000)}"}`))[1]).toContain('longer than any line');
    const large = await open(path, 'w');
    await large.truncate(3 * 1024 ** 3);
    await large.close();
    expect(replay(path)).toEqual([false, expect.stringContaining('2 GiB are replayed')]);
  });
});
