/** One thread: its log around an offset, where its followers are in it, and its replies. */

import { useMayAct } from '../hooks/use-actions.js';
import { useAnswer } from '../hooks/use-answer.js';
import { useNow } from '../hooks/use-now.js';
import { DETAIL_MINUTES } from '../model/action.js';
import type { ThreadDetails, ThreadRuns } from '../model/answers.js';
import { duration, number } from '../model/format.js';
import { ActionButton } from './action-button.js';
import { FindingsView } from './findings-view.js';
import { Followers } from './followers.js';
import { LogTable } from './log-table.js';
import { Ago, Empty, Facts, Loading, orNone, PageHead, ProblemBox, Unreachable } from './parts.js';

const EVERY_MS = 3_000;
/** Followers that are shown. */
const LIMIT = 100;
const RUNS = 50;

export function ThreadPage({
  thread_id,
  from,
}: {
  readonly thread_id: string;
  readonly from: number | null;
}) {
  const path = `debug/threads/${encodeURIComponent(thread_id)}`;
  const {
    value: thread,
    problem,
    askAgain,
  } = useAnswer<ThreadDetails>(`${path}?limit=${LIMIT}`, EVERY_MS);
  const mayAct = useMayAct();
  return (
    <>
      <PageHead
        title={
          <>
            <span className="unseen">Thread </span>
            <span className="wrap">{thread_id}</span>
          </>
        }
        about="What it holds and how far its followers are. What was written is not shown."
      >
        {mayAct && thread?.exists && (
          <>
            <ActionButton
              action={{ action: 'detail', thread_id, minutes: DETAIL_MINUTES }}
              about={thread_id}
            />
            <ActionButton
              action={{ action: 'erase', thread_id }}
              about={thread_id}
              onDone={askAgain}
            />
          </>
        )}
      </PageHead>
      {thread ? (
        <Details thread={thread} path={path} from={from} />
      ) : problem ? (
        <ProblemBox problem={problem} onRetry={askAgain} />
      ) : (
        <Loading what="the thread" />
      )}
    </>
  );
}

function Details({
  thread,
  path,
  from,
}: {
  readonly thread: ThreadDetails;
  readonly path: string;
  readonly from: number | null;
}) {
  const { exists, head, first_kept: first, sessions, unreachable } = thread;
  if (!exists) {
    return (
      <Empty title="There is no such thread">
        It was erased or has expired, or nothing was ever written to it.
      </Empty>
    );
  }
  return (
    <>
      <FindingsView path={`${path}/findings`} />
      <Unreachable nodes={unreachable} />
      <section aria-labelledby="log" className="card">
        <h2 id="log">Log</h2>
        <Facts
          facts={[
            { name: 'Events', value: number(head) },
            { name: 'First kept', value: first === null ? 'none is kept' : number(first) },
            { name: 'Epoch', value: <span className="code">{orNone(thread.epoch)}</span> },
          ]}
        />
        <LogTable path={path} thread_id={thread.thread_id} from={from} head={head} />
      </section>
      <section aria-labelledby="followers" className="card">
        <h2 id="followers">Followers</h2>
        <Followers sessions={sessions} head={head} more={thread.more_sessions} />
      </section>
      <section aria-labelledby="replies" className="card">
        <h2 id="replies">Replies</h2>
        <ThreadReplies path={path} />
      </section>
    </>
  );
}

function ThreadReplies({ path }: { readonly path: string }) {
  const { value, problem } = useAnswer<ThreadRuns>(`${path}/runs?limit=${RUNS}`, EVERY_MS);
  const now = useNow();
  if (!value) return problem ? <ProblemBox problem={problem} /> : <Loading what="the replies" />;
  if (value.runs.length === 0)
    return (
      <Empty title="No reply">A reply begins when a user sends a message to the thread.</Empty>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys
    <section className="scroll-x" tabIndex={0} aria-label="Replies of the thread">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">Reply</th>
            <th scope="col">State</th>
            <th scope="col">Begun</th>
            <th scope="col" className="right">
              Took
            </th>
            <th scope="col">Server</th>
          </tr>
        </thead>
        <tbody>
          {value.runs.map((run) => {
            const began = Date.parse(run.started_at);
            const ended = run.ended_at === null ? now : Date.parse(run.ended_at);
            return (
              <tr key={run.run_id}>
                <th scope="row" className="code">
                  {run.run_id}
                </th>
                <td data-tone={run.status === 'failed' ? 'broken' : undefined}>
                  {run.status}
                  {run.published ? '' : ', unpublished'}
                </td>
                <td>
                  <Ago at={began} now={now} /> ago
                </td>
                <td className="right">{duration(Math.max(0, ended - began))}</td>
                <td>{run.node}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {value.next !== null && <p className="about">The newest {RUNS}.</p>}
    </section>
  );
}
