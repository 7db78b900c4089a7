export { SessionMonitor } from '@session-monitor/client';
export { shareSocket } from '@session-monitor/client/shared';
