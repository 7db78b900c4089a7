import type { SessionMonitorStatus } from '@session-monitor/client';

const HEADLINES = {
  idle: 'Starting',
  connecting: 'Connecting',
  registering: 'Connecting',
  live: 'Live',
  degraded: 'The connection is slow',
  recovering: 'Connecting again; nothing is lost',
  stopped: 'Stopped',
  failed: 'Failed',
} as const;

export function StatusLine({ status }: { readonly status: SessionMonitorStatus }) {
  const { state, failure, transport, offset, head, rtt_ms } = status;
  const facts = [
    transport,
    `event ${offset} of ${head}`,
    rtt_ms === null ? null : `${Math.round(rtt_ms)} ms`,
  ];
  return (
    <p className="status" data-state={state}>
      <span role="status">{failure?.message ?? HEADLINES[state]}</span>
      {facts.map((fact) => fact && ` · ${fact}`)}
    </p>
  );
}
