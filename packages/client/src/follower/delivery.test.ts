import { expect, test, vi } from 'vitest';
import { callSocketListeners, deliver } from './delivery.js';
import type { OpenSocket } from './socket-link.js';

const frame = {
  thread_id: 't',
  epoch: 'e',
  offset: 5,
  cursor: 'c',
  events: [
    ['a', 1],
    ['b', 2, 3],
    ['c', 4],
  ],
} as const;

test('each entry is applied with its offset, from the one that is due', () => {
  const applied: unknown[] = [];
  const outcome = deliver(
    { frame, skip: 1, from: 6 },
    () => true,
    (event, data, { offset, span }) => applied.push([event, data, offset, span]),
  );
  expect(applied).toEqual([
    ['b', 2, 8, 3],
    ['c', 4, 9, 1],
  ]);
  expect(outcome).toEqual({ offset: 9, events: 2, complete: true });
});

test('it ends where the app ends it, and says how far it has come', () => {
  const applied: string[] = [];
  const outcome = deliver(
    { frame, skip: 0, from: 5 },
    () => applied.length < 2,
    (event) => applied.push(event),
  );
  expect(applied).toEqual(['a', 'b']);
  expect(outcome).toEqual({ offset: 8, events: 2, complete: false });
});

test("the socket's listeners are called as Socket.IO would, one that throws stops no other", () => {
  const calls: unknown[] = [];
  const onError = vi.fn();
  const listeners = [
    function (this: unknown, ...args: unknown[]) {
      calls.push(['first', this === socket, args]);
      // As a `once` wrapper does: take oneself off the list that is being walked.
      listeners.shift();
    },
    () => {
      throw new Error('mine');
    },
    (...args: unknown[]) => calls.push(['third', args]),
  ];
  const socket = {
    listeners: () => listeners,
    listenersAny: () => [(...args: unknown[]) => calls.push(['any', args])],
  } as unknown as OpenSocket;
  callSocketListeners(socket, 'a', { n: 1 }, onError);
  expect(calls).toEqual([
    ['first', true, [{ n: 1 }]],
    ['third', [{ n: 1 }]],
    ['any', ['a', { n: 1 }]],
  ]);
  expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('mine'));
});
