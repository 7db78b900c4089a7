/** Replies of all servers: what waits and is being produced, and what ended last. */

import { useMayAct } from '../hooks/use-actions.js';
import { useAnswer } from '../hooks/use-answer.js';
import { useNow } from '../hooks/use-now.js';
import type { Run, Runs } from '../model/answers.js';
import { counted, duration, NONE } from '../model/format.js';
import { ActionButton } from './action-button.js';
import { Ago, Empty, Link, Loading, orNone, PageHead, ProblemBox, Unreachable } from './parts.js';

const EVERY_MS = 2_000;
const LIMIT = 300;

export function RunsPage() {
  const { value, problem, askAgain } = useAnswer<Runs>(`debug/runs?limit=${LIMIT}`, EVERY_MS);
  return (
    <>
      <PageHead
        title="Replies"
        about={
          value
            ? `${counted(value.running, 'is', 'are')} being produced, ${counted(value.waiting, 'waits', 'wait')}. Each server remembers the last 200 that ended.`
            : 'Of all servers.'
        }
      />
      {problem && <ProblemBox problem={problem} onRetry={askAgain} />}
      {value ? (
        <>
          <Unreachable nodes={value.unreachable} />
          <RunsTable runs={value.runs} onDone={askAgain} />
        </>
      ) : (
        !problem && <Loading what="the replies" />
      )}
    </>
  );
}

const TONES: Readonly<Record<string, string>> = {
  failed: 'broken',
  interrupted: 'worried',
  cancelled: 'worried',
  fenced: 'worried',
  running: 'good',
};

function RunsTable({
  runs,
  onDone,
}: {
  readonly runs: readonly Run[];
  readonly onDone: () => void;
}) {
  const now = useNow();
  const mayAct = useMayAct();
  if (runs.length === 0) {
    return (
      <Empty title="No reply lately">A reply begins when a user sends a message to a thread.</Empty>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys
    <section className="scroll-x" tabIndex={0} aria-label="Replies">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Thread</th>
            <th scope="col">Asked by</th>
            <th scope="col">Begun</th>
            <th scope="col" className="right">
              First part after
            </th>
            <th scope="col" className="right">
              Took
            </th>
            <th scope="col">Error</th>
            <th scope="col">Server</th>
            {mayAct && (
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => {
            const state = run.status ?? run.state;
            const began = Date.parse(run.started_at);
            const end = run.ended_at === null ? now : Date.parse(run.ended_at);
            return (
              <tr key={run.run_id}>
                <td>
                  <span className="tag" data-tone={TONES[state]}>
                    {state}
                  </span>
                </td>
                <th scope="row">
                  <Link to={{ page: 'thread', thread_id: run.thread_id, from: null }}>
                    {run.thread_id}
                  </Link>
                </th>
                <td className="clip">{orNone(run.user_id)}</td>
                <td>
                  <Ago at={began} now={now} /> ago
                </td>
                <td className="right">
                  {run.first_part_ms === null ? NONE : duration(run.first_part_ms)}
                </td>
                <td className="right">{duration(Math.max(0, end - began))}</td>
                <td>{orNone(run.error)}</td>
                <td>{run.node}</td>
                {mayAct && (
                  <td>
                    {run.state !== 'ended' && (
                      <ActionButton
                        action={{ action: 'cancel', thread_id: run.thread_id, run_id: run.run_id }}
                        about={`the reply on ${run.thread_id}`}
                        onDone={onDone}
                      />
                    )}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
