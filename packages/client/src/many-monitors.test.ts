import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { frame, receipt, THREAD } from './core/step.fixture.js';
import { StubSocket } from './follower/fake-socket.fixture.js';
import { SessionMonitor } from './session-monitor.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MONITORS = 10_000;
/** What code, and the runner itself, take up meanwhile; a monitor that was kept would be a hundred times as much. */
const ALLOWED_BYTES_EACH = 40;

/** A monitor's life: it follows, is given an event, and is stopped. Resolves with how many it was given. */
async function live(socket: StubSocket): Promise<number> {
  let given = 0;
  const monitor = new SessionMonitor(socket, { thread_id: THREAD, storage: null });
  monitor.on('message', () => {
    given += 1;
  });
  monitor.subscribe(() => {});
  monitor.start();
  socket.accept();
  // A token may take time: the monitor asks for it in another turn.
  await Promise.resolve();
  await Promise.resolve();
  const [event, , answer] = socket.emitted.at(-1) ?? [];
  expect(event).toBe('register_session');
  (answer as (receipt: object) => void)(receipt({ from: 1, head: 1, cursor: 'e1.0.t' }));
  socket.receive('thread_events', frame(1, 1, { events: [['message', { n: 1 }]] }));
  monitor.stop();
  socket.lose('transport close');
  socket.emitted.length = 0;
  return given;
}

const timers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('10,000 monitors that come and go on one socket leave no listener, timer or memory', async () => {
  const socket = new StubSocket();
  const lives = async (count: number) => {
    let given = 0;
    for (let n = 0; n < count; n += 1) {
      given += await live(socket);
    }
    return given;
  };
  await lives(2_000);
  collect();
  const before = { heap: process.memoryUsage().heapUsed, timers: timers() };
  expect(await lives(MONITORS)).toBe(MONITORS);
  collect();
  const grown = process.memoryUsage().heapUsed - before.heap;
  expect(grown / MONITORS).toBeLessThan(ALLOWED_BYTES_EACH);
  expect([timers(), socket.listening]).toEqual([before.timers, 0]);
}, 60_000);
