/** The sessions of a thread, and how far each of them is in its log. */

import type { SessionDetails } from '../model/answers.js';
import { duration, number } from '../model/format.js';
import { Empty, Link, orNone, StatusMark } from './parts.js';
import { DeliveryBar } from './pending.js';

/** Where a part of the log begins that has an event in its middle. */
const around = (offset: number): number => Math.max(1, offset - 25);

export interface FollowersProps {
  readonly sessions: readonly SessionDetails[];
  readonly head: number;
  readonly more: boolean;
}

export function Followers({ sessions, head, more }: FollowersProps) {
  if (sessions.length === 0) {
    return <Empty title="No session follows it">A page that opens the conversation would.</Empty>;
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys
    <section className="scroll-x" tabIndex={0} aria-label="Followers of the thread">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">Session</th>
            <th scope="col">Status</th>
            <th scope="col">User</th>
            <th scope="col">Cursor</th>
            <th scope="col" className="right">
              Lag
            </th>
            <th scope="col" className="right">
              Oldest waits
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={session.session_id}>
              <th scope="row">
                <Link to={{ page: 'session', session_id: session.session_id }} className="code">
                  {session.session_id}
                </Link>
              </th>
              <td>
                <StatusMark status={session.status} />
              </td>
              <td className="clip">{orNone(session.user_id)}</td>
              <td>
                <div className="cursor">
                  <DeliveryBar offset={session.offset} sent={session.sent} head={head} />
                  <Link
                    to={{
                      page: 'thread',
                      thread_id: session.thread_id,
                      from: around(session.offset),
                    }}
                    title="Show it in the log"
                  >
                    {number(session.offset)} of {number(head)}
                  </Link>
                </div>
              </td>
              <td className="right">{number(session.lag)}</td>
              <td className="right">
                {session.oldest_unacknowledged_ms > 0
                  ? duration(session.oldest_unacknowledged_ms)
                  : orNone(null)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more && <p className="about">The first {number(sessions.length)} by id.</p>}
    </section>
  );
}
