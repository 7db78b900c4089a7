/** The module that the page of today's client loads. */

export { SessionMonitor } from '@session-monitor/client';
export { shareSocket } from '@session-monitor/client/shared';
