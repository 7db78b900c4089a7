/** What a session is at the moment. */

import type { OneSession } from '../model/answers.js';
import { bytes, counted, duration, number } from '../model/format.js';
import { Ago, type Fact, Facts, Link, orNone } from './parts.js';
import { Pending } from './pending.js';

export function SessionFacts({ one, now }: { readonly one: OneSession; readonly now: number }) {
  const { session, connection } = one;
  const at = (iso: string) => <Ago at={Date.parse(iso)} now={now} isPhrase />;
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
    { name: 'Begun', value: at(session.created_at) },
    { name: 'Connected', value: at(session.connected_at) },
    { name: 'Active', value: at(session.last_activity) },
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
      {connection?.user_agent && <p className="about wrap agent">{connection.user_agent}</p>}
    </section>
  );
}

const until = (iso: string, now: number): string => {
  const left = Date.parse(iso) - now;
  return left > 0 ? `for ${duration(left)}` : 'no longer';
};
