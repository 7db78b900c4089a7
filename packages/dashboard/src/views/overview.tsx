/** All servers at a glance: what needs attention first, then figures, charts, and each server. */

import type { ReactNode } from 'react';
import { useLiveView } from '../hooks/use-live.js';
import type { Tally, TotalsLine } from '../model/answers.js';
import { noticesOf } from '../model/attention.js';
import { bytes, duration, NONE, number, rate } from '../model/format.js';
import { NO_QUERY } from '../model/route.js';
import { Charts } from './charts.js';
import { NodesTable } from './nodes-table.js';
import { Link, Loading, PageHead, Unreachable } from './parts.js';

export function Overview() {
  const { totals } = useLiveView();
  return (
    <>
      <PageHead title="Overview" about="All servers on the store, once a second." />
      {totals ? <Figures totals={totals} /> : <Loading what="the figures" />}
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
  const { disconnected } = cluster;
  return (
    <>
      <Notices totals={totals} />
      <section aria-label="Figures" className="figures">
        <Figure
          name="Sessions"
          value={number(allOf(cluster.sessions))}
          more={parts(cluster.sessions)}
        >
          <Link to={{ page: 'sessions', query: NO_QUERY }}>Show them</Link>
        </Figure>
        <Figure
          name="Away"
          value={disconnected === null ? NONE : number(disconnected)}
          more="without a connection, can be resumed"
        >
          <Link to={{ page: 'sessions', query: { ...NO_QUERY, state: 'disconnected' } }}>
            Show them
          </Link>
        </Figure>
        <Figure
          name="Connections"
          value={number(allOf(cluster.connections))}
          more={parts(cluster.connections)}
        />
        <Figure
          name="Replies"
          value={number(cluster.runs.running)}
          more={`being produced, ${number(cluster.runs.waiting)} waiting`}
        >
          <Link to={{ page: 'runs' }}>Show them</Link>
        </Figure>
        <Figure
          name="Events"
          value={`${rate(cluster.sent_per_s)}/s`}
          more={`sent; ${rate(cluster.published_per_s)}/s published`}
        />
        <Figure name="Bytes" value={`${bytes(cluster.sent_bytes_per_s)}/s`} more="of events sent" />
        <Figure name="Open threads" value={number(cluster.threads)} more="with readers" />
        <Figure name="Loop delay" value={duration(late)} more="of the latest server" />
      </section>
    </>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly more: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="figure">
      <p className="figure-name">{props.name}</p>
      <p className="figure-value">{props.value}</p>
      <p className="figure-more">{props.more}</p>
      {props.children}
    </div>
  );
}

function Notices({ totals }: { readonly totals: TotalsLine }) {
  const notices = noticesOf(totals);
  return (
    <section aria-labelledby="attention" className="notices">
      <h2 id="attention">Needs attention</h2>
      {notices.length === 0 ? (
        <p className="note" data-tone="good">
          Nothing. All servers answer, are on time and have memory left.
        </p>
      ) : (
        <ul>
          {notices.map(({ code, tone, title, evidence, next }) => (
            <li key={`${code} ${title}`} className="notice" data-tone={tone}>
              <p className="notice-title">{title}</p>
              <p>{evidence}</p>
              <p className="notice-next">{next}</p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
