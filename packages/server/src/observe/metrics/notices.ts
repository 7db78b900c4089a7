/** Counts the gaps and resets that are announced to readers. */

import type { Gap, Reset } from '@session-monitor/protocol';
import { cellOf } from './counter.js';
import type { READER } from './labels.js';
import type { Counters } from './metrics.js';

type NoticeCounters = Pick<Counters, 'gaps_total' | 'resets_total'>;
type NoticedReader = (typeof READER)[1][number];

export function countGap(
  { gaps_total }: NoticeCounters,
  reader: NoticedReader,
  reason: unknown,
): void {
  cellOf(gaps_total, reason)[reader].value += 1;
}

export function countReset({ resets_total }: NoticeCounters, reason: unknown): void {
  cellOf(resets_total, reason).value += 1;
}

/** A reader that begins and lacks even the first event had none: it lost nothing. */
export const beginnerAt = (gapFrom: unknown): 'new' | 'returning' =>
  gapFrom === 1 ? 'new' : 'returning';

/** What is announced to a reader over HTTP: where it begins, or while it follows. */
export function countNotices(
  counters: NoticeCounters,
  { gap, reset }: { readonly gap?: Gap; readonly reset?: Reset },
  isFollowing: boolean,
): void {
  if (gap) countGap(counters, isFollowing ? 'following' : beginnerAt(gap.from), gap.reason);
  if (reset) countReset(counters, reset.reason);
}
