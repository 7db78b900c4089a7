export type { Environment } from '@session-monitor/client';
export { TestingError, type TestingErrorCode } from './errors.js';
export { type FakeClock, type FakeClockOptions, fakeClock } from './fake-clock.js';
export type { FakeFetch } from './fake-fetch.js';
export type { LoggedEvent } from './fake-log.js';
export { type FakeServer, fakeServer } from './fake-server.js';
export type { FakeSocket } from './fake-socket.js';
export type { FakeServerOptions, RefuseOptions, TestEvent } from './options.js';
export type { Question, Reply, ReplyOptions, ReplyPart } from './reply.js';
