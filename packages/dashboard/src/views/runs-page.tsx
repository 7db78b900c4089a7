/** Replies of all servers: what waits and is being produced, and what ended last. */

import { useState } from 'react';
import { useAnswer } from '../hooks/use-answer.js';
import type { Run, Runs } from '../model/answers.js';
import { counted } from '../model/format.js';
import { Choices } from './choices.js';
import { Empty, Link, Loading, PageHead, ProblemBox, StateTag, Unreachable } from './parts.js';
import { CancelCell, ReplyFigures, ReplyTable } from './reply-table.js';

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
          <Choices about="Which replies" of={CHOICES} chosen={choice} onChoose={setChoice} />
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
  if (runs.length === 0) {
    return isFiltered ? (
      <Empty title="No such reply">Choose All to see the others.</Empty>
    ) : (
      <Empty title="No reply lately">A reply begins when a user sends a message to a thread.</Empty>
    );
  }
  return (
    <ReplyTable label="Replies" before={['State', 'Thread']} after={['Server']}>
      {runs.map((run) => (
        <tr key={run.run_id}>
          <td>
            <StateTag state={run.status ?? run.state} />
          </td>
          <th scope="row">
            <Link to={{ page: 'thread', thread_id: run.thread_id, from: null }}>
              {run.thread_id}
            </Link>
          </th>
          <ReplyFigures of={run} />
          <td>{run.node}</td>
          <CancelCell
            isOpen={run.state !== 'ended'}
            thread_id={run.thread_id}
            run_id={run.run_id}
            onDone={onDone}
          />
        </tr>
      ))}
    </ReplyTable>
  );
}
