/** Asks an operator for the token that the server wants. It stays in memory, as the key does. */

import { type FormEvent, useId, useState } from 'react';
import { useShared } from '../hooks/context.js';

export interface OperatorTokenProps {
  /** Called once the token is set: asks the server again. */
  readonly onToken: () => void;
}

export function OperatorToken({ onToken }: OperatorTokenProps) {
  const { server } = useShared();
  const [token, setToken] = useState('');
  const field = useId();
  const use = (event: FormEvent) => {
    event.preventDefault();
    if (token === '') return;
    server.setToken(token);
    onToken();
  };
  return (
    <form className="operator-token" onSubmit={use}>
      <label htmlFor={field}>Token of an operator</label>
      <input
        id={field}
        type="password"
        autoComplete="off"
        value={token}
        onChange={({ target }) => setToken(target.value)}
      />
      <button type="submit" className="button">
        Use it
      </button>
    </form>
  );
}
