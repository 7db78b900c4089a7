/** Faults that the server and the testing kit give. */

import { type Fault, fault } from '../faults.js';

export const missingAckFault = (event: string): Fault =>
  fault('missing_ack', `${event} needs an acknowledgement function as its last argument.`);

export const notRegistered = (session_id: string): Fault =>
  fault('not_registered', `Session '${session_id}' is not on this connection. Register it first.`);

export const staleFault = (attempt: number, newest: number): Fault =>
  fault('stale', `Attempt ${attempt} is older than attempt ${newest}, which was granted.`);

export const reusedFault = fault(
  'message_id_reused',
  'Another message was sent on this thread under this message id. Use a new id for a new message.',
  { field: 'message_id' },
);

/** A client may ask again after this time: a reply has ended by then, or a queue is shorter. */
export const RETRY_BUSY_MS = 5_000;

export const busyFault = fault(
  'thread_busy',
  'A reply is being produced on this thread. Wait for its end, or ask with another policy.',
  { retry_after_ms: RETRY_BUSY_MS },
);

/** Room comes by an erasure, by retention, or by an operator. */
const RETRY_FULL_MS = 5_000;

export const storageFullFault = fault(
  'storage_full',
  'The storage of the server is nearly full. Nothing was written. Try again later, or erase a thread.',
  { retry_after_ms: RETRY_FULL_MS },
);

export const unknownRunFault = fault('run_unknown', 'There is no such run on this thread.');

export const finishedRunFault = (status: string): Fault =>
  fault('run_finished', `The run has already ended: ${status}.`);
