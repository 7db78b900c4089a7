import type { ResetReason } from '../messages.js';

const RESET_DETAILS: Readonly<Record<ResetReason, string>> = {
  deleted: 'The thread was erased. It starts again from its first event.',
  epoch_changed: 'The log is not the one that the cursor is of. It is sent from its start.',
  cursor_ahead: 'The cursor is past the end of the log: its last events were lost by the server.',
  diverged: 'The log has other events at the cursor: its last events were lost and replaced.',
};

/** What a receipt says of a reset, in words. */
export const resetDetail = (reason: ResetReason): string => RESET_DETAILS[reason];
