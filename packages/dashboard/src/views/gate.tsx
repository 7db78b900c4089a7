/** Asks for the key. It is kept in memory alone: a reload asks again. */

import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { useShared } from '../hooks/context.js';

export function Gate({ message }: { readonly message: string }) {
  const { server, live } = useShared();
  const [key, setKey] = useState('');
  const field = useId();
  const note = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);

  function open(event: FormEvent): void {
    event.preventDefault();
    if (key === '') return;
    server.setKey(key);
    live.connect();
    input.current?.select();
  }

  return (
    <main className="gate">
      <form className="gate-card" onSubmit={open}>
        <h1>Session Monitor</h1>
        <p role="status" className="note" data-tone={server.hasKey ? 'worried' : undefined}>
          {message}
        </p>
        <label htmlFor={field}>Key</label>
        <div className="gate-row">
          <input
            id={field}
            ref={input}
            type="password"
            autoComplete="off"
            value={key}
            aria-describedby={note}
            onChange={({ target }) => setKey(target.value)}
          />
          <button type="submit" className="button strong" aria-disabled={key === ''}>
            Open
          </button>
        </div>
        <p className="about" id={note}>
          It is the server’s <code>DEBUG_API_KEY</code>. This page keeps it in memory and sends it
          to this server alone; a reload forgets it. Without a key there is still{' '}
          <a href="#/file">a trace file to open</a>.
        </p>
      </form>
    </main>
  );
}
