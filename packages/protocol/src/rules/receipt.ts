/** Writes the receipt: the answer to a registration or a resume. Pure. */

import { PROTOCOL_VERSION } from '../limits.js';
import type { Outcome, OutcomeReason, Receipt, ResetReason } from '../messages.js';
import type { Position } from './position.js';

/** What was decided, unless the position says that the reader starts over. */
interface Granted {
  readonly outcome: Exclude<Outcome, 'reset'>;
  readonly reason?: OutcomeReason;
  readonly detail?: string;
}

type Names = Omit<
  Receipt,
  | keyof Granted
  | keyof Position
  | ('ok' | 'protocol' | 'outcome' | 'head' | 'from' | 'replay' | 'http_path')
>;

export interface ReceiptFacts extends Names {
  readonly granted: Granted;
  readonly position: Position;
  /** The offset of the log's head. */
  readonly head: number;
  /** The path of the HTTP routes; undefined if they are not mounted. */
  readonly http_path: string | undefined;
}

const RESET_DETAILS: Readonly<Record<ResetReason, string>> = {
  deleted: 'The thread was erased. It starts again from its first event.',
  epoch_changed: 'The log is not the one that the cursor is of. It is sent from its start.',
  cursor_ahead: 'The cursor is past the end of the log: its last events were lost by the server.',
  diverged: 'The log has other events at the cursor: its last events were lost and replaced.',
};

export function writeReceipt(facts: ReceiptFacts): Receipt {
  const { granted, position, head, http_path, ...names } = facts;
  const { epoch, after, cursor, gap, reset } = position;
  const reason = reset ?? granted.reason;
  const detail = reset ? RESET_DETAILS[reset] : granted.detail;
  return {
    ok: true,
    protocol: PROTOCOL_VERSION,
    ...names,
    outcome: reset ? 'reset' : granted.outcome,
    ...(reason && { reason }),
    ...(detail !== undefined && { detail }),
    epoch,
    head: Math.max(head, after),
    from: after + 1,
    cursor,
    replay: Math.max(0, head - after),
    ...(gap && { gap }),
    ...(http_path !== undefined && { http_path }),
  };
}
