/** Finds a thread by the beginning of its id. */

import { useEffect, useId, useState } from 'react';
import { useAnswer } from '../hooks/use-answer.js';
import { useNow } from '../hooks/use-now.js';
import { replaceRoute } from '../hooks/use-route.js';
import type { FoundThreads, ThreadRow } from '../model/answers.js';
import { number } from '../model/format.js';
import { Ago, Empty, Link, Loading, orNone, PageHead, ProblemBox } from './parts.js';

const LIMIT = 100;
const SETTLE_MS = 90;

export function ThreadsPage({ q }: { readonly q: string }) {
  const [asked, setAsked] = useState(q);
  const [after, setAfter] = useState<readonly string[]>([]);
  useEffect(() => {
    const timer = setTimeout(() => {
      setAsked(q);
      setAfter([]);
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [q]);
  const query = new URLSearchParams({ q: asked, limit: `${LIMIT}`, after: after.at(-1) ?? '' });
  const { value, problem, askAgain } = useAnswer<FoundThreads>(`debug/threads?${query}`);
  const field = useId();
  const next = value?.next ?? null;
  return (
    <>
      <PageHead
        title="Threads"
        about="By id. The sessions page finds threads that are followed now."
      />
      <search className="filters">
        <div className="search">
          <label className="unseen" htmlFor={field}>
            Search threads
          </label>
          <input
            id={field}
            type="search"
            value={q}
            placeholder="Beginning of a thread’s id"
            autoComplete="off"
            spellCheck={false}
            maxLength={128}
            onChange={({ target }) => replaceRoute({ page: 'threads', q: target.value })}
          />
        </div>
      </search>
      {value ? (
        <Found threads={value.threads} q={asked} />
      ) : problem ? (
        <ProblemBox problem={problem} onRetry={askAgain} />
      ) : (
        <Loading what="threads" />
      )}
      <nav className="pager" aria-label="Pages of threads">
        {after.length > 0 && (
          <button type="button" className="button" onClick={() => setAfter(after.slice(0, -1))}>
            Back
          </button>
        )}
        {next !== null && (
          <button type="button" className="button" onClick={() => setAfter([...after, next])}>
            More
          </button>
        )}
      </nav>
    </>
  );
}

function Found({ threads, q }: { readonly threads: readonly ThreadRow[]; readonly q: string }) {
  const now = useNow();
  if (threads.length === 0) {
    return q === '' ? (
      <Empty title="No thread yet">A thread begins with its first event or message.</Empty>
    ) : (
      <Empty title="No thread begins like that">
        Upper and lower case differ. The search takes the beginning of an id.
      </Empty>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys
    <section className="scroll-x" tabIndex={0} aria-label="Threads">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">Thread</th>
            <th scope="col">Owner</th>
            <th scope="col" className="right">
              Events
            </th>
            <th scope="col" className="right">
              First kept
            </th>
            <th scope="col">Reply</th>
            <th scope="col">Active</th>
          </tr>
        </thead>
        <tbody>
          {threads.map((thread) => (
            <tr key={thread.thread_id}>
              <th scope="row">
                <Link to={{ page: 'thread', thread_id: thread.thread_id, from: null }}>
                  {thread.thread_id}
                </Link>
              </th>
              <td className="clip">{orNone(thread.user_id)}</td>
              <td className="right">{number(thread.head)}</td>
              <td className="right">
                {thread.first_kept === null ? orNone(null) : number(thread.first_kept)}
              </td>
              <td>{thread.running ? 'being produced' : orNone(null)}</td>
              <td>
                {thread.last_activity === null ? (
                  orNone(null)
                ) : (
                  <Ago at={Date.parse(thread.last_activity)} now={now} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
