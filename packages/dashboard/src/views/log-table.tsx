/** A part of a thread's log: which events there are, and how large they are. */

import { type FormEvent, useId, useState } from 'react';
import { useMayRead } from '../hooks/use-actions.js';
import { useAnswer } from '../hooks/use-answer.js';
import { goTo } from '../hooks/use-route.js';
import type { LogWindow, SessionDetails } from '../model/answers.js';
import { cursorsIn, type Follower } from '../model/cursors.js';
import { bytes, counted, number } from '../model/format.js';
import { Empty, Link, Loading, orNone, ProblemBox } from './parts.js';
import { Written } from './written.js';

const EVENTS = 50;
const EVERY_MS = 3_000;
/** Followers that are named at one event. */
const MARKS = 3;

export interface LogTableProps {
  readonly path: string;
  readonly thread_id: string;
  /** The first offset; null for the newest events. */
  readonly from: number | null;
  readonly head: number;
  /** The sessions whose cursors are drawn on it. */
  readonly followers: readonly SessionDetails[];
}

export function LogTable({ path, thread_id, from, head, followers }: LogTableProps) {
  const start = from === null ? '' : `&from=${from}`;
  const asked = useAnswer<LogWindow>(
    `${path}/log?limit=${EVENTS}${start}`,
    from === null ? EVERY_MS : 0,
  );
  const { value, problem } = asked;
  const mayRead = useMayRead();
  const show = (offset: number | null) =>
    goTo({ page: 'thread', thread_id, from: offset === null ? null : Math.max(1, offset) });
  const first = value?.events[0]?.offset;
  const last = value?.events.at(-1)?.offset;
  const isAtStart = first === undefined || first <= (value?.first_kept ?? 1);
  return (
    <>
      <nav className="pager" aria-label="Parts of the log">
        <button
          type="button"
          className="button"
          disabled={isAtStart}
          onClick={() => show((first ?? 1) - EVENTS)}
        >
          Older
        </button>
        <button
          type="button"
          className="button"
          disabled={!value?.more}
          onClick={() => show((last ?? 0) + 1)}
        >
          Newer
        </button>
        <button
          type="button"
          className="button"
          disabled={from === null}
          onClick={() => show(null)}
        >
          Newest
        </button>
        <GoToOffset head={head} onGo={show} />
      </nav>
      {mayRead && value && <Written key={`${path} ${from}`} path={path} log={value} />}
      {value ? (
        <Events log={value} followers={followers} />
      ) : problem ? (
        <ProblemBox problem={problem} onRetry={asked.askAgain} />
      ) : (
        <Loading what="the log" />
      )}
    </>
  );
}

function GoToOffset({
  head,
  onGo,
}: {
  readonly head: number;
  readonly onGo: (offset: number) => void;
}) {
  const [text, setText] = useState('');
  const field = useId();
  const go = (event: FormEvent) => {
    event.preventDefault();
    const offset = Number(text);
    // Around it: as many before as behind.
    if (Number.isInteger(offset) && offset > 0) onGo(Math.min(offset, head) - EVENTS / 2);
  };
  return (
    <form className="go" onSubmit={go}>
      <label htmlFor={field}>Around offset</label>
      <input
        id={field}
        inputMode="numeric"
        size={8}
        value={text}
        onChange={({ target }) => setText(target.value.replace(/\D/g, ''))}
      />
      <button type="submit" className="button">
        Go
      </button>
    </form>
  );
}

function Events({
  log,
  followers,
}: {
  readonly log: LogWindow;
  readonly followers: readonly SessionDetails[];
}) {
  const { at, before, behind } = cursorsIn(followers, log);
  if (log.events.length === 0) {
    return (
      <Empty title="No event is kept here">
        Older events were removed by RETENTION_AGE_MS, or the log is empty.
      </Empty>
    );
  }
  return (
    <>
      {before + behind > 0 && <Outside before={before} behind={behind} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section className="scroll-x log" tabIndex={0} aria-label="Events of the log">
        <table className="plain">
          <thead>
            <tr>
              <th scope="col" className="right">
                Offset
              </th>
              <th scope="col">Event</th>
              <th scope="col" className="right">
                Size
              </th>
              <th scope="col">Followers here</th>
              <th scope="col">Reply</th>
            </tr>
          </thead>
          <tbody>
            {[...log.events].reverse().map(({ offset, event, bytes: size, run_id }) => (
              <tr key={offset}>
                <th scope="row" className="right tight">
                  {number(offset)}
                </th>
                <td className="clip">{event}</td>
                <td className="right tight">{bytes(size)}</td>
                <td className="cursors">
                  <CursorMarks followers={at.get(offset) ?? []} />
                </td>
                <td className="code clip">{orNone(run_id)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

/** Followers that are not in the shown part. */
function Outside({ before, behind }: { readonly before: number; readonly behind: number }) {
  const words = [
    ...(before > 0
      ? [`${counted(before, 'follower is', 'followers are')} before these events`]
      : []),
    ...(behind > 0
      ? [`${counted(behind, 'follower has', 'followers have')} acknowledged more`]
      : []),
  ];
  return <p className="about outside">{words.join('; ')}.</p>;
}

/** Each of them has acknowledged this event, and none behind it. */
function CursorMarks({ followers }: { readonly followers: readonly Follower[] }) {
  const shown = followers.slice(0, MARKS);
  const rest = followers.length - shown.length;
  return (
    <>
      {shown.map(({ session_id, user_id }) => (
        <Link
          key={session_id}
          to={{ page: 'session', session_id }}
          className="cursor-mark"
          title={session_id}
        >
          {user_id || session_id}
        </Link>
      ))}
      {rest > 0 && <span className="about">and {number(rest)} more</span>}
    </>
  );
}
