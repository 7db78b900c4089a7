/** What a session is at the moment, and what of its thread is still on the way to its client. */

import type { OneSession, SessionDetails } from '../model/answers.js';
import { bytes, counted, duration, number, rate } from '../model/format.js';
import { Ago, type Fact, Facts, Link, orNone } from './parts.js';

const WAITING: Readonly<Record<string, string>> = {
  credit: 'The client owes acknowledgements.',
  transport: 'Its connection does not drain: the client, or its network, is slow.',
  pacing: 'Frames are spaced out under load.',
};

export function SessionFacts({ one, now }: { readonly one: OneSession; readonly now: number }) {
  const { session, connection } = one;
  const at = (iso: string) => <Ago at={Date.parse(iso)} now={now} />;
  const facts: readonly Fact[] = [
    {
      name: 'Thread',
      value: (
        <Link to={{ page: 'thread', thread_id: session.thread_id, from: null }}>
          {session.thread_id}
        </Link>
      ),
    },
    { name: 'User', value: orNone(session.user_id) },
    { name: 'Address', value: orNone(session.remote_address) },
    { name: 'Server', value: session.node },
    { name: 'Transport', value: session.transport },
    { name: 'Client', value: `protocol ${session.protocol}` },
    { name: 'Begun', value: <>{at(session.created_at)} ago</> },
    { name: 'Connected', value: <>{at(session.connected_at)} ago</> },
    { name: 'Active', value: <>{at(session.last_activity)} ago</> },
    { name: 'Resumed', value: counted(session.resumes, 'time') },
    {
      name: 'Round trip',
      value: session.rtt_ms === null ? orNone(null) : duration(session.rtt_ms),
    },
    ...(session.expires_at === null
      ? []
      : [{ name: 'Can be resumed', value: until(session.expires_at, now) }]),
    ...(connection
      ? [
          { name: 'Failed upgrades', value: number(connection.failed_upgrades) },
          { name: 'Waits to be written', value: bytes(connection.buffered.bytes) },
        ]
      : []),
  ];
  return (
    <section aria-labelledby="now" className="card">
      <h2 id="now">At the moment</h2>
      <Pending session={session} />
      <Facts facts={facts} />
      {connection?.user_agent && <p className="about wrap">{connection.user_agent}</p>}
    </section>
  );
}

const until = (iso: string, now: number): string => {
  const left = Date.parse(iso) - now;
  return left > 0 ? `for ${duration(left)}` : 'no longer';
};

/** What is pending, as a bar: acknowledged, sent, in the log. */
function Pending({ session }: { readonly session: SessionDetails }) {
  const { offset, sent, head, lag, waiting, acknowledged_age_ms: age } = session;
  const share = (value: number) => `${head === 0 ? 100 : Math.min(100, (value / head) * 100)}%`;
  return (
    <div className="delivery">
      <p className="delivery-words">
        {lag === 0
          ? 'It has everything.'
          : `${counted(lag, 'event')} of the thread are not acknowledged.`}{' '}
        {waiting === null ? '' : (WAITING[waiting] ?? waiting)}
        {session.oldest_unacknowledged_ms > 0 &&
          ` The oldest waits for ${duration(session.oldest_unacknowledged_ms)}.`}
      </p>
      <div className="delivery-bar" aria-hidden="true">
        {sent !== null && <span className="delivery-sent" style={{ width: share(sent) }} />}
        <span className="delivery-acknowledged" style={{ width: share(offset) }} />
      </div>
      <p className="delivery-legend">
        acknowledged {number(offset)}
        {sent === null ? '' : `, sent ${number(sent)}`}, in the log {number(head)}
        {age === null
          ? ''
          : `; last acknowledged ${duration(age)} ago, ${rate(session.delivered_per_s)}/s`}
      </p>
    </div>
  );
}
