/** What the colours of a timeline's bars mean, of those that there are. */

import type { Timeline } from '../model/timeline.js';

const KINDS: Readonly<Record<string, string>> = {
  websocket: 'WebSocket',
  polling: 'long polling',
  webtransport: 'WebTransport',
  credit: 'waits for acknowledgements',
  transport: 'its connection does not drain',
  pacing: 'frames are spaced out',
  frozen: 'page frozen',
  idle: 'silent',
  running: 'reply running',
  completed: 'reply completed',
  failed: 'reply failed',
  cancelled: 'reply cancelled',
  interrupted: 'reply interrupted',
  blocked: 'server blocked',
};

export function TimelineLegend({ timeline }: { readonly timeline: Timeline }) {
  const kinds = new Set(timeline.lanes.flatMap(({ bars }) => bars.map(({ kind }) => kind)));
  const known = Object.entries(KINDS).filter(([kind]) => kinds.has(kind));
  return (
    <ul className="legend">
      {known.map(([kind, name]) => (
        <li key={kind}>
          <span className="swatch" data-kind={kind} />
          {name}
        </li>
      ))}
    </ul>
  );
}
