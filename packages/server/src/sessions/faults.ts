/** The faults of sessions that cannot serve a request. */

import { type Fault, fault } from '@session-monitor/protocol';

export const unavailableFault: Fault = fault(
  'unavailable',
  'The store cannot answer at the moment. Try again.',
);

export const notRegistered = (session_id: string): Fault =>
  fault('not_registered', `Session '${session_id}' is not on this connection. Register it first.`);
