import { type FormEvent, useState } from 'react';

interface ComposerProps {
  readonly onAsk: (question: string) => void;
  /** Undefined while no reply is being written. */
  readonly onCancel: (() => void) | undefined;
}

export function Composer({ onAsk, onCancel }: ComposerProps) {
  const [question, setQuestion] = useState('');

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (question.trim() === '') return;
    onAsk(question);
    setQuestion('');
  };

  return (
    <form onSubmit={submit}>
      <input
        aria-label="Your question"
        placeholder="Ask something, in 300 words …"
        value={question}
        onChange={({ target }) => setQuestion(target.value)}
      />
      {onCancel && (
        <button type="button" className="quiet" onClick={onCancel}>
          Cancel
        </button>
      )}
      <button type="submit">Ask</button>
    </form>
  );
}
