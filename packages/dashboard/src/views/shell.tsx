/** The frame of all pages: where one can go, and whether the server is there. */

import { type ReactNode, useEffect, useRef } from 'react';
import { useShared } from '../hooks/context.js';
import { useLiveView } from '../hooks/use-live.js';
import { number } from '../model/format.js';
import { NO_QUERY, type Route } from '../model/route.js';
import { Link } from './parts.js';
import { GoneBanner, ServerState } from './server-state.js';

interface Place {
  readonly name: string;
  readonly to: Route;
  /** The pages that it stands for. */
  readonly pages: readonly Route['page'][];
  readonly icon: string;
}

const PLACES: readonly Place[] = [
  {
    name: 'Overview',
    to: { page: 'overview' },
    pages: ['overview'],
    icon: 'M3 12h4l2.5-6 5 12 2.5-6h4',
  },
  {
    name: 'Sessions',
    to: { page: 'sessions', query: NO_QUERY },
    pages: ['sessions', 'session'],
    icon: 'M4 6h16M4 12h16M4 18h10',
  },
  {
    name: 'Threads',
    to: { page: 'threads', q: '' },
    pages: ['threads', 'thread'],
    icon: 'M5 5h14v10H9l-4 4z',
  },
  { name: 'Replies', to: { page: 'runs' }, pages: ['runs'], icon: 'M6 4l13 8-13 8z' },
  { name: 'Trace file', to: { page: 'file' }, pages: ['file'], icon: 'M7 3h8l4 4v14H7zM15 3v4h4' },
];

export function Shell({
  page,
  children,
}: {
  readonly page: Route['page'];
  readonly children: ReactNode;
}) {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  // A screen reader begins with the page that was gone to.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows the page
  useEffect(() => {
    if (!isFirst.current) main.current?.querySelector<HTMLElement>('#page-title')?.focus();
    isFirst.current = false;
  }, [page]);
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header className="side">
        <p className="brand">
          <svg className="brand-mark" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M3 12h4l2.5-6 5 12 2.5-6h4" />
          </svg>
          Session Monitor
        </p>
        <nav aria-label="Pages">
          <ul>
            {PLACES.map((place) => (
              <li key={place.name}>
                <PlaceLink place={place} isHere={place.pages.includes(page)} />
              </li>
            ))}
          </ul>
        </nav>
        <div className="side-end">
          <ServerState />
          <ForgetKey />
        </div>
      </header>
      <div className="content">
        <GoneBanner />
        <main id="main" ref={main} tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  );
}

function PlaceLink({ place, isHere }: { readonly place: Place; readonly isHere: boolean }) {
  return (
    <Link to={place.to} {...(isHere && { className: 'here' })}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={place.icon} />
      </svg>
      <span aria-current={isHere ? 'page' : undefined}>{place.name}</span>
      <PlaceCount name={place.name} />
    </Link>
  );
}

function PlaceCount({ name }: { readonly name: string }) {
  const { totals } = useLiveView();
  if (!totals) return null;
  const { sessions, runs } = totals.cluster;
  const counts: Readonly<Record<string, number>> = {
    Sessions: Object.values(sessions).reduce((sum, count) => sum + count, 0),
    Replies: runs.running + runs.waiting,
  };
  const count = counts[name];
  return count ? <span className="place-count">{number(count)}</span> : null;
}

function ForgetKey() {
  const { server, live } = useShared();
  if (!server.hasKey) return null;
  const forget = () => {
    server.setKey(undefined);
    live.connect();
  };
  return (
    <button type="button" className="button quiet" onClick={forget}>
      Forget the key
    </button>
  );
}
