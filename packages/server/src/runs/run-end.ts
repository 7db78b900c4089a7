/** How a run ends, and why it may be told to. */

import type { Json } from '@session-monitor/protocol';
import type { RunStatus } from '../stores/store.js';

export interface RunEnd {
  readonly status: RunStatus;
  readonly error?: { readonly code: string; readonly message: string };
  /** What the responder says that the reply has cost. */
  readonly usage?: Json;
}

/** Why a run is ended from outside its responder. */
export type AbortReason =
  /** Somebody asked for it. */
  | 'cancelled'
  /** The server stops. */
  | 'interrupted'
  /** Nobody has been there to read it for some time, and nobody else can. */
  | 'abandoned'
  /** The responder has yielded nothing for too long. */
  | 'stalled'
  /** It was not its turn for too long. */
  | 'waited'
  /** Its thread is being erased. */
  | 'erased'
  /** Another node has ended it: nothing of it may be written any more. */
  | 'fenced';

/** What a responder finds as its signal's reason. */
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
  interrupted: {
    status: 'interrupted',
    error: { code: 'draining', message: 'The server is stopping.' },
  },
  stalled: failed('responder_stalled', 'Nothing more came of the reply for too long.'),
  waited: failed('queue_timeout', 'The replies before this one took too long. Ask again.'),
  fenced: undefined,
};

/** The end of a run that was aborted; undefined if it is written already, by somebody else. */
export const endOfAbort = (signal: AbortSignal): RunEnd | undefined =>
  ENDS[signal.reason instanceof RunAborted ? signal.reason.why : 'cancelled'];

/** The end of a run whose process is gone. */
export const NODE_LOST: RunEnd = {
  status: 'interrupted',
  error: { code: 'node_lost', message: 'The server that produced this reply has stopped.' },
};
