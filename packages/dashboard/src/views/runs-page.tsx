/** Replies of all servers: what waits and is being produced, and what ended last. */

import { useState } from 'react';
import { useMayAct } from '../hooks/use-actions.js';
import { useAnswer } from '../hooks/use-answer.js';
import { useNow } from '../hooks/use-now.js';
import type { Run, Runs } from '../model/answers.js';
import { counted, duration, NONE } from '../model/format.js';
import { ActionButton } from './action-button.js';
import {
  Ago,
  Empty,
  Link,
  Loading,
  orNone,
  PageHead,
  ProblemBox,
  StateTag,
  Unreachable,
} from './parts.js';

const EVERY_MS = 2_000;
const LIMIT = 300;

interface Choice {
  readonly name: string;
  readonly fits: (run: Run) => boolean;
}

const CHOICES: readonly [Choice, ...Choice[]] = [
  { name: 'All', fits: () => true },
  { name: 'Open', fits: ({ state }) => state !== 'ended' },
  { name: 'Not completed', fits: ({ status }) => status !== null && status !== 'completed' },
];

export function RunsPage() {
  const [choice, setChoice] = useState(CHOICES[0]);
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
          <fieldset className="choices">
            <legend className="unseen">Which replies</legend>
            {CHOICES.map((each) => (
              <button
                key={each.name}
                type="button"
                className="button switch"
                aria-pressed={each === choice}
                onClick={() => setChoice(each)}
              >
                {each.name}
              </button>
            ))}
          </fieldset>
          <RunsTable
            runs={value.runs.filter((run) => choice.fits(run))}
            isFiltered={choice !== CHOICES[0]}
            onDone={askAgain}
          />
        </>
      ) : (
        !problem && <Loading what="the replies" />
      )}
    </>
  );
}

function RunsTable({
  runs,
  isFiltered,
  onDone,
}: {
  readonly runs: readonly Run[];
  readonly isFiltered: boolean;
  readonly onDone: () => void;
}) {
  const now = useNow();
  const mayAct = useMayAct();
  if (runs.length === 0) {
    return isFiltered ? (
      <Empty title="No such reply">Choose All to see the others.</Empty>
    ) : (
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
            const began = Date.parse(run.started_at);
            const end = run.ended_at === null ? now : Date.parse(run.ended_at);
            return (
              <tr key={run.run_id}>
                <td>
                  <StateTag state={run.status ?? run.state} />
                </td>
                <th scope="row">
                  <Link to={{ page: 'thread', thread_id: run.thread_id, from: null }}>
                    {run.thread_id}
                  </Link>
                </th>
                <td className="clip">{orNone(run.user_id)}</td>
                <td>
                  <Ago at={began} now={now} isPhrase />
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
