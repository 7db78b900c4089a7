/** Asks for the key. It is kept in memory alone: a reload asks again. */

import { type FormEvent, useId, useState } from 'react';
import { useShared } from '../hooks/context.js';

export function Gate({ message }: { readonly message: string }) {
  const { server, live } = useShared();
  const [key, setKey] = useState('');
  const field = useId();
  const note = useId();

  function open(event: FormEvent): void {
    event.preventDefault();
    if (key === '') return;
    server.setKey(key);
    live.connect();
  }

  return (
    <main className="gate">
      <form className="gate-card" onSubmit={open}>
        <h1>Session Monitor</h1>
        <p role="status">{message}</p>
        <label htmlFor={field}>Key</label>
        <div className="gate-row">
          <input
            id={field}
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
