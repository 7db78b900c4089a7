/** Does something for an operator: asks first, and asks for a token if the server wants one. */

import { useEffect, useId, useRef, useState } from 'react';
import { useShared } from '../hooks/context.js';
import {
  isDone,
  type OperatorAction,
  outcomeOf,
  type Performed,
  requestOf,
  wordsOfAction,
} from '../model/action.js';
import { OperatorToken } from './operator-token.js';

export interface ActionButtonProps {
  readonly action: OperatorAction;
  /** What it is about, for the question. */
  readonly about: string;
  readonly onDone?: () => void;
}

export function ActionButton({ action, about, onDone }: ActionButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  const { name } = wordsOfAction(action);
  return (
    <>
      <button
        type="button"
        className="button quiet"
        aria-haspopup="dialog"
        onClick={() => setIsOpen(true)}
      >
        {name}
      </button>
      {isOpen && (
        <ActionDialog
          action={action}
          about={about}
          onClose={() => setIsOpen(false)}
          {...(onDone && { onDone })}
        />
      )}
    </>
  );
}

/** What has become of it; undefined while it waits to be confirmed. */
type Outcome =
  | { readonly kind: 'asking' }
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'refused'; readonly text: string; readonly needsToken: boolean };

function ActionDialog(props: ActionButtonProps & { readonly onClose: () => void }) {
  const { action, about, onClose, onDone } = props;
  const { server } = useShared();
  const dialog = useRef<HTMLDialogElement>(null);
  const [outcome, setOutcome] = useState<Outcome>();
  const title = useId();
  const { name, question, isHarsh } = wordsOfAction(action);
  useEffect(() => dialog.current?.showModal(), []);

  async function act(): Promise<void> {
    setOutcome({ kind: 'asking' });
    const { path, body } = requestOf(action);
    const answer = await server.post<Performed>(path, body);
    if (answer.ok) {
      setOutcome({ kind: 'done', text: outcomeOf(action, answer.value) });
      if (isDone(answer.value)) onDone?.();
      return;
    }
    const { problem } = answer;
    const needsToken = problem.kind === 'gate' || problem.kind === 'forbidden';
    setOutcome({ kind: 'refused', text: problem.message, needsToken });
  }

  const isOver = outcome?.kind === 'done';
  return (
    <dialog ref={dialog} className="action" aria-labelledby={title} onClose={onClose}>
      <div className="action-body">
        <h2 id={title}>
          {name} <span className="code wrap">{about}</span>?
        </h2>
        {!isOver && <p>{question}</p>}
        {outcome && outcome.kind !== 'asking' && (
          <p role="status" className="note" data-tone={isOver ? 'good' : 'worried'}>
            {outcome.text}
          </p>
        )}
        {outcome?.kind === 'refused' && outcome.needsToken && (
          <OperatorToken onToken={() => void act()} />
        )}
        <div className="action-row">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {isOver ? 'Close' : 'Leave it'}
          </button>
          {!isOver && (
            <button
              type="button"
              onClick={() => void act()}
              className={isHarsh ? 'button harsh' : 'button strong'}
              disabled={outcome?.kind === 'asking'}
            >
              {name}
            </button>
          )}
        </div>
      </div>
    </dialog>
  );
}
