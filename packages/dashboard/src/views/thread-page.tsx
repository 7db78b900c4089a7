/** One thread: its log around an offset, where its followers are in it, and its replies. */

import { useMayAct } from '../hooks/use-actions.js';
import { useAnswer } from '../hooks/use-answer.js';
import { DETAIL_MINUTES } from '../model/action.js';
import type { ThreadDetails } from '../model/answers.js';
import { number } from '../model/format.js';
import { ActionButton } from './action-button.js';
import { FindingsView } from './findings-view.js';
import { Followers } from './followers.js';
import { LogTable } from './log-table.js';
import { Empty, Facts, Loading, orNone, PageHead, ProblemBox, Unreachable } from './parts.js';
import { ThreadReplies } from './thread-replies.js';

const EVERY_MS = 3_000;
/** Followers that are shown. */
const LIMIT = 100;

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
        about="Its events, how far its followers are, and its replies."
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
        <LogTable
          path={path}
          thread_id={thread.thread_id}
          from={from}
          head={head}
          followers={sessions}
        />
      </section>
      <section aria-labelledby="followers" className="card">
        <h2 id="followers">Followers</h2>
        <Followers sessions={sessions} head={head} more={thread.more_sessions} />
      </section>
      <section aria-labelledby="replies" className="card">
        <h2 id="replies">Replies</h2>
        <ThreadReplies path={path} thread_id={thread.thread_id} />
      </section>
    </>
  );
}
