/** What has happened to the session, in words: a line for each thing that a user may wonder about. Pure. */

import type { MonitorEventPayloads } from '@session-monitor/client';
import { events } from './condition.js';

export type Receipt = MonitorEventPayloads['registered'];

/** Why an earlier session, or history, is not continued. */
const REASONS: Readonly<Record<string, string>> = {
  expired: 'the old session had expired',
  unknown_session: 'the server did not know the old session',
  deleted: 'the conversation was erased',
  epoch_changed: 'the log is another one',
  cursor_ahead: 'the log has lost its end',
  diverged: 'the log was restored and is another one',
};

const because = (reason: string | undefined): string =>
  reason === undefined ? '' : ` (${REASONS[reason] ?? reason})`;

export function describeReceipt({ outcome, reason, from, replay }: Receipt): string {
  const replayed = replay === 0 ? 'nothing was missed' : `${events(replay)} replayed from ${from}`;
  switch (outcome) {
    case 'new': {
      const joined = replay === 0 ? 'nothing in it yet' : `${events(replay)} from ${from}`;
      return reason ? `New session${because(reason)}: ${replayed}` : `Joined: ${joined}`;
    }
    case 'resumed':
      return `Resumed: ${replayed}`;
    case 'forked':
      return `Another tab has this session, so this one got its own: ${replayed}`;
    case 'reset':
      return `Started over${because(reason)}: ${replayed}`;
  }
}

export function describeTransport({
  change,
  transport,
  reason,
}: MonitorEventPayloads['transport']): string {
  switch (change) {
    case 'connect':
      return `Connected on ${transport}`;
    case 'upgrade':
      return `Upgraded to ${transport}`;
    case 'upgrade_failed':
      return `Upgrade failed, still on ${transport}${reason ? `: ${reason}` : ''}`;
  }
}

export const describeGap = ({ from, to, reason }: MonitorEventPayloads['gap']): string =>
  `Events ${from} to ${to} are no longer kept (${reason})`;

export const describeReset = ({ reason }: MonitorEventPayloads['reset']): string =>
  `The history starts over${because(reason)}`;

export const describeLoss = (offset: number): string => `Connection lost after event ${offset}`;

export const describeDrain = ({ retry_after_ms }: MonitorEventPayloads['draining']): string =>
  `The server is about to stop: back in ${(retry_after_ms / 1_000).toFixed(1)} s`;
