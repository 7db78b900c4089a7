/** The replies of a thread, and what asked for them. */

import { useAnswer } from '../hooks/use-answer.js';
import type { Runs, ThreadRuns } from '../model/answers.js';
import { threadReplies } from '../model/thread-replies.js';
import { Empty, Loading, ProblemBox, StateTag } from './parts.js';
import { CancelCell, ReplyFigures, ReplyTable } from './reply-table.js';

const EVERY_MS = 3_000;
const RUNS = 50;

export function ThreadReplies({
  path,
  thread_id,
}: {
  readonly path: string;
  readonly thread_id: string;
}) {
  const { value, problem, askAgain } = useAnswer<ThreadRuns>(
    `${path}/runs?limit=${RUNS}`,
    EVERY_MS,
  );
  const query = new URLSearchParams({ thread_id, limit: `${RUNS}` });
  const recent = useAnswer<Runs>(`debug/runs?${query}`, EVERY_MS);
  if (!value) return problem ? <ProblemBox problem={problem} /> : <Loading what="the replies" />;
  if (value.runs.length === 0)
    return (
      <Empty title="No reply">A reply begins when a user sends a message to the thread.</Empty>
    );
  return (
    <>
      <ReplyTable label="Replies of the thread" before={['State']} after={['Reply', 'Server']}>
        {threadReplies(value, recent.value?.runs ?? []).map((reply) => (
          <tr key={reply.run_id}>
            <td>
              <StateTag state={reply.state} />
              {reply.published ? '' : ' unpublished'}
            </td>
            <ReplyFigures of={reply} />
            <th scope="row" className="code">
              {reply.run_id}
            </th>
            <td>{reply.node}</td>
            <CancelCell
              isOpen={reply.isOpen}
              thread_id={thread_id}
              run_id={reply.run_id}
              onDone={askAgain}
            />
          </tr>
        ))}
      </ReplyTable>
      {value.next !== null && <p className="about">The newest {RUNS}.</p>}
    </>
  );
}
