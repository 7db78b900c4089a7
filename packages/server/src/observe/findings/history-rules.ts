/** Findings about a thread's log, and about clocks. */

import type { TraceLine } from '../session-trace/line.js';
import { newest, numberOf, textOf } from './lines.js';
import type { Rules } from './rule.js';
import { clockTime, counted, span } from './words.js';

/** Clocks that are synchronised differ by milliseconds. */
const CLOCK_MS = 1_000;

const REASONS: Readonly<Record<string, string>> = {
  epoch_changed: 'the log is another one than the one that the client had read',
  cursor_ahead: 'the log has lost its end, which the client had read',
  diverged: 'the log has lost its end, and has grown again differently',
};

export const historyRules: Rules<
  'thread_erased' | 'history_lost' | 'events_trimmed' | 'clocks_differ'
> = {
  thread_erased({ lines }) {
    // The reset may have gone with the lines of the erased thread.
    const line = newestReset(lines, ({ reason }) => reason === 'deleted') ?? newest(lines, 'erase');
    if (!line) return undefined;
    return {
      at: line.time,
      title: 'The thread was erased: its readers were reset to the new, empty one.',
      evidence: [
        line.step === 'erase'
          ? `It was erased at ${clockTime(line.time)}.`
          : `The client was reset at ${clockTime(line.time)}, reason 'deleted'; it goes on from event ${numberOf(line, 'from')}.`,
      ],
      next: 'Ask the app for the reason: it was done on purpose, by deleteThread or DELETE /threads/:thread_id. What is erased does not come back.',
    };
  },

  history_lost({ lines }) {
    const line = newestReset(lines, ({ reason }) => String(reason) in REASONS);
    if (!line) return undefined;
    const reason = textOf(line, 'reason');
    return {
      at: line.time,
      title: `The client was reset: ${REASONS[reason]}.`,
      evidence: [
        `It was reset at ${clockTime(line.time)}, reason '${reason}'; it goes on from event ${numberOf(line, 'from')}.`,
      ],
      next: 'Find out what put the store back to an earlier state: a backup that was restored, or Redis that failed over to a replica that was behind (docs/redis.md says how replicas confirm).',
    };
  },

  events_trimmed({ lines }) {
    const line = lines.findLast((each) => typeof each.gap_from === 'number' && !isNew(each));
    if (!line) return undefined;
    const [from, to] = [numberOf(line, 'gap_from'), numberOf(line, 'gap_to')];
    return {
      at: line.time,
      title: `Events ${from} to ${to} were no longer kept when the client asked for them: it got a gap.`,
      evidence: [`It got a gap of ${counted(to - from + 1, 'event')} at ${clockTime(line.time)}.`],
      next: 'Make the retention longer than clients are away, if they should miss nothing: RETENTION_* in docs/configuration.md.',
    };
  },

  clocks_differ({ now, clockOffsetsMs }) {
    const far = Object.entries(clockOffsetsMs).filter(([, ms]) => Math.abs(ms) >= CLOCK_MS);
    if (far.length === 0) return undefined;
    return {
      at: now,
      ongoing: true,
      title: 'The clocks of the nodes differ.',
      evidence: far.map(
        ([node, ms]) => `${node} is ${span(Math.abs(ms))} ${ms > 0 ? 'ahead' : 'behind'}.`,
      ),
      next: 'Synchronise them (chrony, systemd-timesyncd): tokens and sessions end by the clock, and times in the trace are those of each node.',
    };
  },
};

/** A client is reset while it is served, or as it registers. */
const newestReset = (
  lines: readonly TraceLine[],
  fits: (line: TraceLine) => boolean,
): TraceLine | undefined =>
  lines.findLast((line) => (line.step === 'reset' || line.outcome === 'reset') && fits(line));

/** A page that opens a trimmed thread has lost nothing. */
const isNew = (line: TraceLine): boolean => line.outcome === 'new';
