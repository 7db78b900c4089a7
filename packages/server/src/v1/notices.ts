/** Notices of lost history for a v1 client. v1 can say it only with an error (I4). */

import type { Gap, Reset } from '@session-monitor/protocol';

export const gapNotice = (gap: Gap) => ({
  message: `The events ${gap.from} to ${gap.to} of this thread are no longer kept.`,
  gap,
});

export const resetNotice = (reset: Reset) => ({
  message: `The history of this thread is void (${reset.reason}); it goes on from event ${reset.from}.`,
  reset,
});
