/** What needs an operator, over all servers and sessions: the worst first, each with what to do and where to go. */

import type { ReactNode } from 'react';
import { useNow } from '../hooks/use-now.js';
import type { OngoingFinding, TotalsLine } from '../model/answers.js';
import { type Notice, noticesOf } from '../model/attention.js';
import { countOf, placesOf } from '../model/finding-words.js';
import { counted, number } from '../model/format.js';
import { Ago, Link } from './parts.js';

/** Notices that are shown at once. */
const MOST = 4;

export function Attention({ totals }: { readonly totals: TotalsLine }) {
  const notices = noticesOf(totals);
  const { findings } = totals.cluster;
  const broken = notices.filter(({ tone }) => tone === 'broken');
  const worried = notices.filter(({ tone }) => tone === 'worried');
  const count = notices.length + findings.length;
  return (
    <section aria-labelledby="attention" className="notices">
      <h2 id="attention">Needs attention</h2>
      {/* What changes each second inside of them is not read aloud again and again. */}
      <p className="unseen" role="status">
        {count === 0 ? 'Nothing needs attention' : `${counted(count, 'thing')} to look at`}
      </p>
      {count === 0 ? (
        <p className="note" data-tone="good">
          Nothing. All servers answer, are on time and have memory left; no session is in trouble.
        </p>
      ) : (
        <NoticeList
          items={[
            ...broken.map(asNotice),
            ...findings.map((finding) => <FindingNotice key={finding.code} finding={finding} />),
            ...worried.map(asNotice),
          ]}
        />
      )}
    </section>
  );
}

/** The figures below are not pushed out of the window. */
function NoticeList({ items }: { readonly items: readonly ReactNode[] }) {
  const rest = items.length > MOST + 1 ? items.slice(MOST) : [];
  return (
    <>
      <ul>{items.slice(0, items.length - rest.length)}</ul>
      {rest.length > 0 && (
        <details className="more-notices">
          <summary>{number(rest.length)} more</summary>
          <ul>{rest}</ul>
        </details>
      )}
    </>
  );
}

const asNotice = ({ code, tone, title, evidence, next }: Notice): ReactNode => (
  <li key={`${code} ${title}`} className="notice" data-tone={tone}>
    <p className="notice-title">{title}</p>
    <p>{evidence}</p>
    <p className="notice-next">{next}</p>
  </li>
);

function FindingNotice({ finding }: { readonly finding: OngoingFinding }) {
  const now = useNow();
  const { about, count, since, title, evidence, next, node } = finding;
  const places = placesOf(finding);
  return (
    <li className="notice" data-tone="worried">
      <p className="notice-title">
        <span className="tag" data-tone="worried">
          {countOf(finding)}
        </span>{' '}
        {title}
      </p>
      <p>
        {about === 'node' && !title.includes(node) && `On ${node}. `}
        {about === 'client' ? 'Last ' : 'For '}
        <Ago at={since} now={now} isPhrase={about === 'client'} />
        {about === 'session' && count > 1 ? ' where it has lasted longest. ' : '. '}
        {evidence[0]}
      </p>
      <p className="notice-next">{next}</p>
      {places.length > 0 && (
        <p className="notice-places">
          {places.map(({ name, to }) => (
            <Link key={name} to={to}>
              {name}
            </Link>
          ))}
        </p>
      )}
    </li>
  );
}
