/** What of a thread's log is still on the way to a session's client: as a bar, in words, and which events those are. */

import { useState } from 'react';
import { useAnswer } from '../hooks/use-answer.js';
import type { LogWindow, SessionDetails } from '../model/answers.js';
import { bytes, counted, duration, number, rate } from '../model/format.js';
import { Loading, ProblemBox, WAITING_WORDS } from './parts.js';

/** Events that are shown: an operator wants to know what kind they are. */
const EVENTS = 8;

export function Pending({ session }: { readonly session: SessionDetails }) {
  const { offset, sent, head, lag, acknowledged_age_ms: age } = session;
  const inFlight = sent === null ? 0 : Math.max(0, sent - offset);
  return (
    <div className="delivery">
      <p className="delivery-words">{wordsOf(session)}</p>
      <DeliveryBar offset={offset} sent={sent} head={head} />
      <ul className="legend">
        <li>
          <span className="swatch" data-kind="acknowledged" />
          acknowledged {number(offset)}
        </li>
        {sent !== null && (
          <li>
            <span className="swatch" data-kind="sent" />
            in flight {number(inFlight)}
          </li>
        )}
        <li>
          <span className="swatch" data-kind="unsent" />
          not sent {number(Math.max(0, head - Math.max(offset, sent ?? 0)))}
        </li>
        {age !== null && (
          <li>
            last acknowledged {duration(age)} ago, {rate(session.delivered_per_s)}/s
          </li>
        )}
      </ul>
      {lag > 0 && <PendingEvents session={session} />}
    </div>
  );
}

function wordsOf({ head, lag, waiting, oldest_unacknowledged_ms: oldest }: SessionDetails): string {
  if (head === 0) return 'The thread has no event yet.';
  if (lag === 0) return 'It has everything.';
  return [
    `${counted(lag, 'event is', 'events are')} not acknowledged.`,
    ...(waiting === null ? [] : [`${WAITING_WORDS[waiting] ?? waiting}.`]),
    ...(oldest > 0 ? [`The oldest was sent ${duration(oldest)} ago.`] : []),
  ].join(' ');
}

export function DeliveryBar(props: {
  readonly offset: number;
  readonly sent: number | null;
  readonly head: number;
}) {
  const { offset, sent, head } = props;
  const share = (value: number) => `${head === 0 ? 0 : Math.min(100, (value / head) * 100)}%`;
  return (
    <div className="delivery-bar" aria-hidden="true">
      {sent !== null && <span className="delivery-sent" style={{ width: share(sent) }} />}
      <span className="delivery-acknowledged" style={{ width: share(offset) }} />
    </div>
  );
}

/** The events behind the cursor, as they were when they were asked for. */
function PendingEvents({ session }: { readonly session: SessionDetails }) {
  const { thread_id, offset, sent } = session;
  const [from, setFrom] = useState<number | null>(null);
  const path = `debug/threads/${encodeURIComponent(thread_id)}/log?limit=${EVENTS}&from=${from}`;
  const { value, problem } = useAnswer<LogWindow>(from === null ? '' : path);
  return (
    <details
      className="pending-events"
      onToggle={({ currentTarget }) => setFrom(currentTarget.open ? offset + 1 : null)}
    >
      <summary>Which events</summary>
      {value ? (
        <ol>
          {value.events.map(({ offset: at, event, bytes: size }) => (
            <li key={at}>
              <span className="pending-offset">{number(at)}</span>
              <span className="code">{event}</span>
              <span className="about">
                {bytes(size)}, {sent !== null && at <= sent ? 'in flight' : 'not sent'}
              </span>
            </li>
          ))}
          {value.more && <li className="about">and more</li>}
        </ol>
      ) : problem ? (
        <ProblemBox problem={problem} />
      ) : (
        from !== null && <Loading what="events" />
      )}
    </details>
  );
}
