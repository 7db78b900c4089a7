import { expect, test } from 'vitest';
import {
  CLIENT_EVENTS,
  isReservedEvent,
  isRunBoundary,
  RUN_EVENTS,
  SERVER_EVENTS,
} from './names.js';

test("no app event may bear a name of Socket.IO's or of the protocol", () => {
  const theirs = [
    'connect',
    'disconnect',
    'disconnecting',
    'connect_error',
    'newListener',
    'error',
  ];
  const ours = [...Object.values(CLIENT_EVENTS), ...Object.values(SERVER_EVENTS)];
  for (const name of [...theirs, ...ours]) {
    expect([name, isReservedEvent(name)]).toEqual([name, true]);
  }
  for (const name of ['analysis_update', 'message', 'typing', 'constructor', '__proto__']) {
    expect([name, isReservedEvent(name)]).toEqual([name, false]);
  }
});

test('only a run opens and closes a run', () => {
  expect(Object.values(RUN_EVENTS).filter(isRunBoundary)).toEqual(['run_started', 'run_finished']);
});
