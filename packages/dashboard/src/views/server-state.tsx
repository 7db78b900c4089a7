/** Whether the server is there: a word in the corner, and a line across the page while it is gone. */

import { useShared } from '../hooks/context.js';
import { useLiveView } from '../hooks/use-live.js';
import { useNow } from '../hooks/use-now.js';
import { counted, duration } from '../model/format.js';
import type { Connection } from '../server/live-connection.js';

const WORDS: Readonly<Record<Connection['state'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  gone: 'Server gone',
  gated: 'Key needed',
  refused: 'Refused',
};

export function ServerState() {
  const { connection, totals } = useLiveView();
  const nodes = totals ? counted(totals.nodes.length, 'server') : '';
  return (
    <p className="server-state" data-state={connection.state}>
      <span className="dot" aria-hidden="true" />
      <span role="status">{WORDS[connection.state]}</span>
      <span className="server-count">{connection.state === 'live' ? nodes : ''}</span>
    </p>
  );
}

export function GoneBanner() {
  const { live } = useShared();
  const { connection } = useLiveView();
  if (connection.state === 'refused' && connection.problem.kind === 'forbidden') {
    return (
      <section className="gone" aria-label="The server refuses this page">
        <p>
          <strong>The server refuses this page.</strong> {connection.problem.message}
        </p>
      </section>
    );
  }
  if (connection.state !== 'gone') return null;
  const { since, nextAt, problem } = connection;
  return (
    <section className="gone" aria-label="The server is gone">
      <p>
        <strong>The server does not answer.</strong> What you see is from before.{' '}
        <Countdown since={since} nextAt={nextAt} />
        {problem.kind === 'gone' ? '' : ` It said: ${problem.message}`}
      </p>
      <button type="button" className="button" onClick={() => live.connect()}>
        Try now
      </button>
    </section>
  );
}

function Countdown({ since, nextAt }: { readonly since: number; readonly nextAt: number }) {
  const now = useNow();
  const left = Math.max(0, nextAt - now);
  const next =
    left < 1_000 ? 'Trying now' : `Next attempt in ${duration(Math.round(left / 1_000) * 1_000)}`;
  return (
    <span>
      Gone for {duration(Math.max(0, now - since))}. {next}.
    </span>
  );
}
