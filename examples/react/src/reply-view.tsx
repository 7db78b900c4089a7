import type { Reply } from '@session-monitor/client';
import { memo } from 'react';

const ENDINGS = {
  running: '',
  completed: '',
  failed: 'This reply failed.',
  cancelled: 'Cancelled.',
  interrupted: 'Interrupted: the server that wrote this was stopped.',
} as const;

/** A reply is the same object until it changes, so only the one that grows is drawn again. */
export const ReplyView = memo(({ reply }: { readonly reply: Reply }) => {
  const { state, message, text, whole, analysis } = reply;
  const step = text === '' && state === 'running' ? analysis.at(-1)?.text : undefined;
  return (
    <li className="message" data-state={state}>
      {message !== null && <p className="question">{message}</p>}
      <p className="reply" aria-busy={state === 'running'}>
        {text}
      </p>
      {typeof step === 'string' && <p className="note">{step}</p>}
      {!whole && <p className="note bad">Words may be missing: they are no longer kept.</p>}
      {ENDINGS[state] && <p className="note bad">{ENDINGS[state]}</p>}
    </li>
  );
});
