/** What the compiler says of an app: this file is checked with the types; running it proves nothing. */

import { expectTypeOf, test } from 'vitest';
import type { SocketLike } from './follower/socket-link.js';
import type {
  AcceptedRun,
  Diagnostics,
  EventMeta,
  SessionMonitorOptions,
  SessionMonitorStatus,
} from './index.js';
import { SessionMonitor } from './index.js';

interface ChatEvents {
  readonly message: { readonly run_id: string; readonly delta: string };
  readonly note: string;
}

declare const socket: SocketLike;
const apps = (make: () => unknown): void => void make;

test('an app that types its events gets typed data', () => {
  apps(() => {
    const monitor = new SessionMonitor<ChatEvents>(socket, { thread_id: 't' });
    monitor.on('message', (data, meta) => {
      expectTypeOf(data).toEqualTypeOf<ChatEvents['message']>();
      expectTypeOf(meta).toEqualTypeOf<EventMeta>();
    });
    monitor.on('note', (text) => expectTypeOf(text).toBeString());
    // @ts-expect-error no event of this app's
    monitor.on('massage', () => {});
    // @ts-expect-error a note is a string
    monitor.on('note', (text: number) => text);
  });
});

test('an app that says nothing may listen to everything, and say what each event holds', () => {
  apps(() => {
    const monitor = new SessionMonitor(socket);
    monitor.on('message', (data) => expectTypeOf(data).toBeUnknown());
    monitor.on('message', (data: { delta: string }) => data.delta);
    monitor.on<{ n: number }>('number', ({ n }) => expectTypeOf(n).toBeNumber());
  });
});

test('what a monitor tells of itself is typed', () => {
  apps(() => {
    const monitor = new SessionMonitor<ChatEvents>(socket);
    monitor.on('gap', (gap) => expectTypeOf(gap.from).toBeNumber());
    monitor.on('reset', ({ reason }) => expectTypeOf(reason).toExtend<string>());
    monitor.on('registered', ({ outcome }) =>
      expectTypeOf(outcome).toEqualTypeOf<'new' | 'resumed' | 'reset' | 'forked'>(),
    );
    monitor.on('status', (status) => expectTypeOf(status).toEqualTypeOf<SessionMonitorStatus>());
    // @ts-expect-error a gap has no text
    monitor.on('gap', ({ text }) => text);
    expectTypeOf(monitor.subscribe(() => {})).toEqualTypeOf<() => void>();
    expectTypeOf(monitor.status.state).toExtend<string>();
    expectTypeOf(monitor.diagnostics()).toEqualTypeOf<Diagnostics>();
    expectTypeOf(monitor.checkpoint()).toEqualTypeOf<string | null>();
    expectTypeOf(monitor.sendMessage('?')).resolves.toEqualTypeOf<AcceptedRun>();
    expectTypeOf(monitor.start().stop()).toEqualTypeOf<SessionMonitor<ChatEvents>>();
  });
});

test('options are what they are', () => {
  expectTypeOf<{ thread_id: string; pingInterval: number }>().toExtend<SessionMonitorOptions>();
  expectTypeOf<{ token: () => Promise<string> }>().toExtend<SessionMonitorOptions>();
  apps(() => {
    // @ts-expect-error an offset is a number
    new SessionMonitor(socket, { since: '17' });
    // @ts-expect-error no socket
    new SessionMonitor('https://example.org');
  });
});
