import { describe, expect, test } from 'vitest';
import type { CoreEvent } from '../../core/events.js';
import type { TransportOptions } from '../../follower/socket-link.js';
import { TransportWatch } from './transport-watch.js';

const connect: CoreEvent = { type: 'transport', change: 'connect', transport: 'polling' };
const upgrade: CoreEvent = { type: 'transport', change: 'upgrade', transport: 'websocket' };
const failed: CoreEvent = { type: 'upgrade_failed', reason: 'probe error' };
const down: CoreEvent = { type: 'link_down', end: 'transport', managed: true };

/** What a watch says after some events, each at its time in milliseconds. */
function after(
  events: readonly (readonly [number, CoreEvent])[],
  transportOptions: TransportOptions = {},
) {
  const watch = new TransportWatch(() => transportOptions);
  for (const [now, event] of events) watch.onEvent(event, now, now);
  return (now: number) => watch.summary(now);
}

describe('what the transports have been', () => {
  test('the time on each is counted, and that between two connections is not', () => {
    const summary = after([
      [0, connect],
      [200, upgrade],
      [1_000, down],
      [5_000, connect],
    ]);
    expect(summary(5_050)).toMatchObject({
      current: 'polling',
      polling_ms: 250,
      websocket_ms: 800,
      history: [
        { at: '1970-01-01T00:00:00.000Z', change: 'connect', transport: 'polling' },
        { at: '1970-01-01T00:00:00.200Z', change: 'upgrade', transport: 'websocket' },
        { change: 'close', transport: null, reason: 'by the transport' },
        { change: 'connect', transport: 'polling' },
      ],
    });
  });

  test('the history has an end', () => {
    const many = Array.from({ length: 500 }, (_, n) => [n, connect] as const);
    expect(after(many)(500).history.length).toBe(30);
  });

  test('packets are counted in each direction', () => {
    const watch = new TransportWatch(() => ({}));
    watch.count('received', 'abc');
    watch.count('received', new Uint8Array(5));
    watch.count('sent', undefined);
    expect(watch.summary(0)).toMatchObject({
      received: { messages: 2, size: 8 },
      sent: { messages: 1, size: 0 },
    });
  });
});

describe('why it is polling', () => {
  const why = (
    now: number,
    transportOptions?: TransportOptions,
    ...more: (readonly [number, CoreEvent])[]
  ) => after([[0, connect], ...more], transportOptions)(now).why_polling;

  test('is null before an upgrade had its time, and after an upgrade', () => {
    expect(why(9_999)).toBeNull();
    expect(why(60_000, {}, [100, upgrade])).toBeNull();
    expect(why(60_000, {}, [100, down])).toBeNull();
  });
  test('the app wants it so', () => {
    expect(why(0, { transports: ['polling'] })).toMatch(/'transports'/);
    expect(why(0, { upgrade: false })).toMatch(/'upgrade' is false/);
  });
  test('the upgrade failed, on this connection', () => {
    expect(why(100, {}, [50, failed])).toMatch(/failed \(probe error\)/);
    expect(why(100, {}, [50, failed], [60, down], [70, connect])).toBeNull();
  });
  test('none was made', () => {
    expect(why(10_000)).toMatch(/^No upgrade was made/);
  });
});
