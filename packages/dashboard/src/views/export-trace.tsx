/** Saves the trace of a session as a file, which the page opens again without a server. */

import { useState } from 'react';
import { useShared } from '../hooks/context.js';

/** The most that the server answers at once. */
const LINES = 10_000;

export function ExportTrace({ path, name }: { readonly path: string; readonly name: string }) {
  const { server } = useShared();
  const [note, setNote] = useState('');

  async function save(): Promise<void> {
    setNote('Exporting …');
    const answer = await server.text(`${path}?limit=${LINES}`);
    if (!answer.ok) {
      setNote(`Not exported: ${answer.problem.message}`);
      return;
    }
    download(`trace-${name}.json`, answer.value);
    setNote('Exported.');
  }

  return (
    <>
      <span role="status" className="about">
        {note}
      </span>
      <button type="button" className="button quiet" onClick={() => void save()}>
        Export
      </button>
    </>
  );
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has it by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
