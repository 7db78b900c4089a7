/** The replies of a thread, and what asked for them. */

import { useMayAct } from '../hooks/use-actions.js';
import { useAnswer } from '../hooks/use-answer.js';
import { useNow } from '../hooks/use-now.js';
import type { Runs, ThreadRuns } from '../model/answers.js';
import { duration, NONE } from '../model/format.js';
import { threadReplies } from '../model/thread-replies.js';
import { ActionButton } from './action-button.js';
import { Ago, Empty, Loading, orNone, ProblemBox, StateTag } from './parts.js';

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
  const now = useNow();
  const mayAct = useMayAct();
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
            <th scope="col">State</th>
            <th scope="col">Asked by</th>
            <th scope="col">Begun</th>
            <th scope="col" className="right">
              First part after
            </th>
            <th scope="col" className="right">
              Took
            </th>
            <th scope="col">Error</th>
            <th scope="col">Reply</th>
            <th scope="col">Server</th>
            {mayAct && (
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {threadReplies(value, recent.value?.runs ?? []).map((reply) => {
            const { run_id, started_at, ended_at, first_part_ms: first } = reply;
            const began = Date.parse(started_at);
            const ended = ended_at === null ? now : Date.parse(ended_at);
            return (
              <tr key={run_id}>
                <td>
                  <StateTag state={reply.state} />
                  {reply.published ? '' : ' unpublished'}
                </td>
                <td className="clip">{orNone(reply.user_id)}</td>
                <td>
                  <Ago at={began} now={now} isPhrase />
                </td>
                <td className="right">{first === null ? NONE : duration(first)}</td>
                <td className="right">{duration(Math.max(0, ended - began))}</td>
                <td>{orNone(reply.error)}</td>
                <th scope="row" className="code">
                  {run_id}
                </th>
                <td>{reply.node}</td>
                {mayAct && (
                  <td>
                    {reply.isOpen && (
                      <ActionButton
                        action={{ action: 'cancel', thread_id, run_id }}
                        about={`the reply on ${thread_id}`}
                        onDone={askAgain}
                      />
                    )}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
      {value.next !== null && <p className="about">The newest {RUNS}.</p>}
    </section>
  );
}
