/** How a run ends, and why it may be aborted. */

import { DRAINING, type RunEnd } from '@session-monitor/protocol/rules';

/** Why a run is ended from outside its responder. */
export type AbortReason =
  /** A client, the app or a newer message cancelled it. */
  | 'cancelled'
  /** The server stops. */
  | 'interrupted'
  /** It is unpublished, and its last reader left some time ago. */
  | 'abandoned'
  /** The responder has yielded nothing for too long. */
  | 'stalled'
  /** It waited too long for its turn. */
  | 'waited'
  /** Its thread is being erased. */
  | 'erased'
  /** Another node has ended it: this node must not write to it any more. */
  | 'fenced';

/** The reason of a responder's abort signal. */
export class RunAborted extends Error {
  override readonly name = 'AbortError';
  readonly why: AbortReason;

  constructor(why: AbortReason) {
    super(`The run has been ended: ${why}.`);
    this.why = why;
  }
}

const failed = (code: string, message: string): RunEnd => ({
  status: 'failed',
  error: { code, message },
});

const ENDS: Readonly<Record<AbortReason, RunEnd | undefined>> = {
  cancelled: { status: 'cancelled' },
  abandoned: { status: 'cancelled' },
  erased: { status: 'cancelled' },
  interrupted: DRAINING,
  stalled: failed('responder_stalled', 'The responder produced nothing for too long.'),
  waited: failed('queue_timeout', 'The replies before this one took too long. Ask again.'),
  fenced: undefined,
};

/** The end of an aborted run; undefined if another node has written it already. */
export const endOfAbort = (signal: AbortSignal): RunEnd | undefined =>
  ENDS[signal.reason instanceof RunAborted ? signal.reason.why : 'cancelled'];

/** The end of a run whose process is lost. */
export const NODE_LOST: RunEnd = {
  status: 'interrupted',
  error: { code: 'node_lost', message: 'The server that produced this reply has stopped.' },
};
