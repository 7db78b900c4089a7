/** All servers at a glance: what needs attention first, then figures, charts, and each server. */

import { useLiveView } from '../hooks/use-live.js';
import type { Tally, TotalsLine } from '../model/answers.js';
import { bytes, duration, NONE, number, rate } from '../model/format.js';
import { NO_QUERY, type Route } from '../model/route.js';
import { Attention } from './attention.js';
import { Charts } from './charts.js';
import { NodesTable } from './nodes-table.js';
import { Link, Loading, PageHead, Unreachable } from './parts.js';

export function Overview() {
  const { totals } = useLiveView();
  return (
    <>
      <PageHead title="Overview" about="All servers on the store, once a second." />
      {totals ? (
        <>
          <Attention totals={totals} />
          <Figures totals={totals} />
        </>
      ) : (
        <Loading what="the figures" />
      )}
      <Charts />
      {totals && (
        <section aria-labelledby="servers">
          <h2 id="servers">Servers</h2>
          <Unreachable nodes={totals.unreachable} />
          <NodesTable nodes={totals.nodes} />
        </section>
      )}
    </>
  );
}

const allOf = (tally: Tally): number => Object.values(tally).reduce((sum, count) => sum + count, 0);

/** `2,000 websocket, 12 polling`. */
const parts = (tally: Tally): string =>
  Object.entries(tally)
    .sort(([, one], [, other]) => other - one)
    .map(([kind, count]) => `${number(count)} ${kind}`)
    .join(', ') || 'none';

function Figures({ totals }: { readonly totals: TotalsLine }) {
  const { cluster, nodes } = totals;
  const late = Math.max(0, ...nodes.map(({ loop_delay_ms }) => loop_delay_ms));
  const { disconnected, runs } = cluster;
  return (
    <dl aria-label="Figures" className="figures">
      <Figure
        name="Sessions"
        value={number(allOf(cluster.sessions))}
        more={parts(cluster.sessions)}
        to={{ page: 'sessions', query: NO_QUERY }}
      />
      <Figure
        name="Away"
        value={disconnected === null ? NONE : number(disconnected)}
        more="can be resumed"
        to={{ page: 'sessions', query: { ...NO_QUERY, state: 'disconnected' } }}
      />
      <Figure
        name="Replies"
        value={number(runs.running)}
        more={runs.waiting === 0 ? 'being produced' : `and ${number(runs.waiting)} waiting`}
        to={{ page: 'runs' }}
      />
      <Figure
        name="Threads"
        value={number(cluster.threads)}
        more="with readers"
        to={{ page: 'threads', q: '' }}
      />
      <Figure
        name="Connections"
        value={number(allOf(cluster.connections))}
        more={parts(cluster.connections)}
      />
      <Figure
        name="Events sent"
        value={`${rate(cluster.sent_per_s)}/s`}
        more={`${rate(cluster.published_per_s)}/s published`}
      />
      <Figure name="Bytes sent" value={`${bytes(cluster.sent_bytes_per_s)}/s`} more="of events" />
      <Figure
        name="Loop delay"
        value={duration(late)}
        more={nodes.length > 1 ? 'of the busiest server' : 'on average'}
      />
    </dl>
  );
}

/** A figure that leads somewhere is a link as a whole. */
function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly more: string;
  readonly to?: Route;
}) {
  const { name, value, more, to } = props;
  return (
    <div className="figure">
      <dt className="figure-name">
        {to ? (
          <Link to={to} className="cover">
            {name}
          </Link>
        ) : (
          name
        )}
      </dt>
      <dd className="figure-value">{value}</dd>
      <dd className="figure-more">{more}</dd>
    </div>
  );
}
