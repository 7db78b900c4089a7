/**
 * A page that follows a thread of numbers and checks each: unless it is one more than the last, something is lost,
 * repeated or out of order. `window.lab.report()` returns its report.
 */

import { SessionMonitor } from '@session-monitor/client';
import { shareSocket } from '@session-monitor/client/shared';
import { io } from 'socket.io-client';

export interface PageReport {
  readonly state: string;
  readonly session_id: string | null;
  /** The last received number. */
  readonly last: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly gaps: number;
  readonly resets: number;
  /** How often the page has come out of the browser's cache. */
  readonly restored: number;
  readonly outcome: string | null;
  /** Whether this tab has the connection that tabs share; null if none is shared. */
  readonly leads: boolean | null;
}

const address = new URL(window.location.href).searchParams;
const url = address.get('server') ?? '';
const share = address.get('share');

const make = () => io(url, { transports: ['polling', 'websocket'] });
const shared = share === null ? null : shareSocket(make, { name: share });
const monitor = new SessionMonitor<{ number: { n: number } }>(shared ?? make(), {
  thread_id: address.get('thread') ?? 'numbers',
  pingInterval: Number(address.get('ping') ?? 5_000),
});

const counts = { last: 0, lost: 0, duplicated: 0, gaps: 0, resets: 0, restored: 0 };
let outcome: string | null = null;
monitor.on('number', ({ n }) => {
  if (n <= counts.last) counts.duplicated += 1;
  else {
    counts.lost += n - counts.last - 1;
    counts.last = n;
  }
});
monitor.on('gap', () => {
  counts.gaps += 1;
});
monitor.on('reset', () => {
  counts.resets += 1;
});
monitor.on('registered', (receipt) => {
  outcome = receipt.outcome;
});
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) counts.restored += 1;
});
monitor.start();

function report(): PageReport {
  const { state, session_id } = monitor.status;
  const leads = shared && 'leads' in shared ? shared.leads : null;
  return { state, session_id, outcome, leads, ...counts };
}
Object.assign(window, { lab: { report, diagnostics: () => monitor.diagnostics() } });
