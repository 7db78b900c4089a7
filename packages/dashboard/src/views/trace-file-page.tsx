/** Opens an exported trace. Nothing of it leaves the page, and no server is needed. */

import { type DragEvent, useCallback, useId, useState } from 'react';
import type { Trace } from '../model/trace.js';
import { MAX_FILE_BYTES, readTraceFile, tooLarge } from '../model/trace-file.js';
import { PageHead } from './parts.js';
import { TraceView } from './trace-view.js';

interface Opened {
  readonly name: string;
  readonly trace?: Trace;
  /** Why it was refused. */
  readonly reason?: string;
}

export function TraceFilePage() {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [isOver, setIsOver] = useState(false);
  const [line, setLine] = useState<number | null>(null);
  const choose = useCallback((index: number) => setLine(index), []);
  const field = useId();

  async function open(file: File | undefined): Promise<void> {
    if (!file) return;
    const { name, size } = file;
    setLine(null);
    // It is not even begun: the page would run out of memory.
    if (size > MAX_FILE_BYTES) {
      setOpened({ name, reason: tooLarge(size) });
      return;
    }
    const result = readTraceFile(await file.text());
    setOpened(result.ok ? { name, trace: result.trace } : { name, reason: result.reason });
  }

  function drop(event: DragEvent): void {
    event.preventDefault();
    setIsOver(false);
    void open(event.dataTransfer.files[0]);
  }

  return (
    <>
      <PageHead
        title="Trace file"
        about="A session that was exported, here or on another machine. Nothing of it leaves this page."
      />
      <section
        className="drop"
        aria-label="Open a trace file"
        data-over={isOver ? '' : undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
      >
        <label htmlFor={field}>Choose a file, or drop it here</label>
        <input
          id={field}
          type="file"
          accept=".json,.ndjson,.jsonl,application/json"
          onChange={({ target }) => void open(target.files?.[0])}
        />
      </section>
      {opened?.reason !== undefined && (
        <div className="problem" role="alert">
          <p className="problem-title wrap">{opened.name} was not opened</p>
          <p>{opened.reason}</p>
        </div>
      )}
      {opened?.trace && (
        <>
          <h2 className="wrap">{opened.name}</h2>
          <TraceView trace={opened.trace} until={0} chosen={line} onChoose={choose} />
        </>
      )}
    </>
  );
}
