/** The sessions of all servers, as they change. */

import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { useLiveRows, useLiveView } from '../hooks/use-live.js';
import { goTo, replaceRoute } from '../hooks/use-route.js';
import { counted, number } from '../model/format.js';
import { isFiltered, liveQueryOf, NO_QUERY, type SessionsQuery } from '../model/route.js';
import { isEnough, type Seen, WINDOW_ROWS, windowFrom } from '../model/window.js';
import { Filters } from './filters.js';
import { Empty, Loading, PageHead, ProblemBox, Unreachable } from './parts.js';
import { SessionGrid } from './session-grid.js';

/** A scroll stops before other rows are asked for; letters that are typed fast are one search. */
const SETTLE_MS = 90;

export function SessionsPage({ query }: { readonly query: SessionsQuery }) {
  const { list, totals, connection, query: shownQuery } = useLiveView();
  const search = useRef<HTMLInputElement>(null);
  const wanted = useSettled(liveQueryOf(query, 0, WINDOW_ROWS), query.q);
  const [place, setPlace] = useState({ wanted, from: 0 });
  const from = place.wanted === wanted ? place.from : 0;
  useLiveRows(windowQuery(wanted, from));
  useSearchKey(search);

  const total = list?.total ?? 0;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const onSeen = useCallback(
    (seen: Seen) => {
      clearTimeout(timer.current);
      if (isEnough(from, seen, total)) return;
      timer.current = setTimeout(() => setPlace({ wanted, from: windowFrom(seen) }), SETTLE_MS);
    },
    [wanted, from, total],
  );
  useEffect(() => () => clearTimeout(timer.current), []);

  const change = useCallback(
    (more: Partial<SessionsQuery>) =>
      replaceRoute({ page: 'sessions', query: { ...query, ...more } }),
    [query],
  );
  const open = useCallback((session_id: string) => goTo({ page: 'session', session_id }), []);
  const unreachable = totals?.unreachable ?? [];
  const findings = (totals?.cluster.findings ?? [])
    .filter(({ about }) => about === 'session' || about === 'thread')
    .map(({ code }) => code);
  // Until the first rows of another query are there, what is shown is of the one before.
  const isOfQuery = shownQuery === windowQuery(wanted, from);
  return (
    <div className="fill">
      <PageHead
        title="Sessions"
        about={
          <>
            {list ? `${number(list.total)} ${isFiltered(query) ? 'found' : 'in all'}` : ''}
            {list && !list.complete ? ', still looking through the store' : ''}
          </>
        }
      />
      <Found key={wanted} total={list && isOfQuery ? list.total : undefined} />
      <Filters
        query={query}
        nodes={totals?.nodes ?? []}
        findings={findings}
        search={search}
        onChange={change}
      />
      <Unreachable nodes={unreachable} />
      {connection.state === 'refused' ? (
        <ProblemBox problem={connection.problem}>
          <ShowAll sort={NO_QUERY.sort} />
        </ProblemBox>
      ) : list && (list.total > 0 || !isOfQuery) ? (
        <SessionGrid
          key={wanted}
          list={list}
          sort={query.sort}
          unreachable={unreachable}
          onSort={(sort) => change({ sort })}
          onSeen={onSeen}
          onOpen={open}
        />
      ) : list ? (
        <NoSessions query={query} />
      ) : (
        <Loading what="the sessions" />
      )}
    </div>
  );
}

/** Reads aloud what a search has found, and not each change of that. */
function Found({ total }: { readonly total: number | undefined }) {
  const [first, setFirst] = useState(total);
  if (first === undefined && total !== undefined) setFirst(total);
  return (
    <p className="unseen" role="status">
      {first === undefined ? '' : counted(first, 'session')}
    </p>
  );
}

function NoSessions({ query }: { readonly query: SessionsQuery }) {
  if (!isFiltered(query)) {
    return (
      <Empty title="No session yet">
        A session begins when a page follows a thread. Open your app, or the demo.
      </Empty>
    );
  }
  return (
    <Empty title="No session is like that">
      A search finds what an id, a thread, a user or an address begins with. Sessions without a
      connection have no address and no finding. <ShowAll sort={query.sort} />
    </Empty>
  );
}

function ShowAll({ sort }: { readonly sort: string }) {
  return (
    <button
      type="button"
      className="link"
      onClick={() => replaceRoute({ page: 'sessions', query: { ...NO_QUERY, sort } })}
    >
      Show all sessions
    </button>
  );
}

/** The query of another window of the same list. */
const windowQuery = (wanted: string, from: number): string => {
  const params = new URLSearchParams(wanted);
  params.set('from', `${from}`);
  return params.toString();
};

/** A value: at once, or if it is another one because something is typed, once that has stayed the same for a moment. */
function useSettled(value: string, typed: string): string {
  const [settled, setSettled] = useState({ value, typed });
  const isTyping = typed !== settled.typed;
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ value, typed }), isTyping ? SETTLE_MS : 0);
    return () => clearTimeout(timer);
  }, [value, typed, isTyping]);
  return isTyping ? settled.value : value;
}

/** `/` goes to the search, Escape empties it. */
function useSearchKey(search: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      search.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [search]);
}
