/** What the tables of replies share: their frame, the figures of one reply, and the way to cancel it. */

import type { ReactNode } from 'react';
import { useMayAct } from '../hooks/use-actions.js';
import { useNow } from '../hooks/use-now.js';
import { duration, NONE } from '../model/format.js';
import { ActionButton } from './action-button.js';
import { Ago, orNone } from './parts.js';

const FIGURES = ['Asked by', 'Begun', 'First part after', 'Took', 'Error'] as const;
const RIGHT: readonly string[] = ['First part after', 'Took'];

/** @param before columns that come before the figures, `after` those behind them */
export function ReplyTable({
  label,
  before,
  after,
  children,
}: {
  readonly label: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly children: ReactNode;
}) {
  const mayAct = useMayAct();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys
    <section className="scroll-x" tabIndex={0} aria-label={label}>
      <table className="plain">
        <thead>
          <tr>
            {[...before, ...FIGURES, ...after].map((column) => (
              <th key={column} scope="col" className={RIGHT.includes(column) ? 'right' : undefined}>
                {column}
              </th>
            ))}
            {mayAct && (
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

interface Figures {
  readonly user_id: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly first_part_ms: number | null;
  readonly error: string | null;
}

/** Its cells: by whom it was asked, since when, how fast it was, what ended it. */
export function ReplyFigures({ of }: { readonly of: Figures }) {
  const now = useNow();
  const began = Date.parse(of.started_at);
  const end = of.ended_at === null ? now : Date.parse(of.ended_at);
  return (
    <>
      <td className="clip">{orNone(of.user_id)}</td>
      <td>
        <Ago at={began} now={now} isPhrase />
      </td>
      <td className="right">{of.first_part_ms === null ? NONE : duration(of.first_part_ms)}</td>
      <td className="right">{duration(Math.max(0, end - began))}</td>
      <td>{orNone(of.error)}</td>
    </>
  );
}

/** The cell with the button that cancels it, where operators may. */
export function CancelCell({
  isOpen,
  thread_id,
  run_id,
  onDone,
}: {
  readonly isOpen: boolean;
  readonly thread_id: string;
  readonly run_id: string;
  readonly onDone: () => void;
}) {
  const mayAct = useMayAct();
  if (!mayAct) return null;
  return (
    <td>
      {isOpen && (
        <ActionButton
          action={{ action: 'cancel', thread_id, run_id }}
          about={`the reply on ${thread_id}`}
          onDone={onDone}
        />
      )}
    </td>
  );
}
