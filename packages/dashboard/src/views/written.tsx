/** What the shown events of a log hold: only when it is asked for, and to an operator with a permission for it. */

import { useState } from 'react';
import { useShared } from '../hooks/context.js';
import type { LogWindow, WrittenWindow } from '../model/answers.js';
import { number } from '../model/format.js';
import type { Answer } from '../model/problem.js';
import { OperatorToken } from './operator-token.js';

/** The most of an event that is shown: a page of text. */
const MAX_SHOWN = 4_000;
/** What is longer is easier to read in several lines. */
const LONG_LINE = 240;

export function Written({ path, log }: { readonly path: string; readonly log: LogWindow }) {
  const { server } = useShared();
  const [answer, setAnswer] = useState<Answer<WrittenWindow>>();
  const first = log.events[0]?.offset ?? 1;

  async function read(): Promise<void> {
    const query = `from=${first}&limit=${Math.max(1, log.events.length)}`;
    setAnswer(await server.read<WrittenWindow>(`${path}/payloads?${query}`));
  }

  if (!answer) {
    return (
      <p className="written-ask">
        <button type="button" className="button quiet" onClick={() => void read()}>
          Show what was written
        </button>
        <span className="about">The trace will have your name.</span>
      </p>
    );
  }
  if (!answer.ok) {
    return (
      <div className="note" data-tone="worried">
        <p role="status">{answer.problem.message}</p>
        <OperatorToken onToken={() => void read()} />
      </div>
    );
  }
  return (
    <section className="written" aria-label="What was written">
      <button type="button" className="button quiet" onClick={() => setAnswer(undefined)}>
        Hide what was written
      </button>
      <dl>
        {answer.value.events.map(({ offset, event, data }) => (
          <div key={offset}>
            <dt>
              {number(offset)} {event}
            </dt>
            <dd>
              <pre>{textOf(data)}</pre>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function textOf(data: unknown): string {
  const line = typeof data === 'string' ? data : JSON.stringify(data);
  const text = line.length > LONG_LINE ? JSON.stringify(data, null, 1) : line;
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)} …` : text;
}
