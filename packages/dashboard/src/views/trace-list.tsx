/** The steps of a trace: as many as there are, of which those that are seen are in the document. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { clockTime, fullTime } from '../model/format.js';
import { wordsOf } from '../model/step-words.js';
import type { TraceLine } from '../model/trace.js';

const ROW_PX = 30;

export interface TraceListProps {
  readonly lines: readonly TraceLine[];
  /** When each of them was, by one clock. */
  readonly times: readonly number[];
  readonly chosen: number | null;
  readonly onChoose: (line: number) => void;
}

export function TraceList({ lines, times, chosen, onChoose }: TraceListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  useEffect(() => {
    if (chosen !== null) virtual.scrollToIndex(chosen, { align: 'center' });
  }, [virtual, chosen]);
  // New steps come at the end: it is followed until the operator scrolls away from it.
  useEffect(() => {
    if (isAtEnd.current && lines.length > 0)
      virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [virtual, lines.length]);
  const fields = useMemo(() => (chosen === null ? [] : fieldsOf(lines[chosen])), [lines, chosen]);
  return (
    <>
      <div
        ref={scroller}
        className="steps"
        role="listbox"
        aria-label="Steps of the trace"
        tabIndex={0}
        aria-activedescendant={chosen === null ? undefined : `step-${chosen}`}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          onChoose(Math.min(Math.max(0, (chosen ?? -1) + step), lines.length - 1));
        }}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          isAtEnd.current = scrollTop + clientHeight >= scrollHeight - ROW_PX;
        }}
      >
        <div className="steps-body" role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const line = lines[index];
            if (!line) return null;
            const { text, tone } = wordsOf(line);
            const at = times[index] ?? line.time;
            return (
              // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names its chosen step
              // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys
              <div
                key={index}
                id={`step-${index}`}
                role="option"
                aria-selected={index === chosen}
                className="step"
                data-tone={tone}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => onChoose(index)}
              >
                <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
                  {clockTime(at)}
                </time>
                <span className="step-name">{line.step}</span>
                <span className="step-words">{text}</span>
              </div>
            );
          })}
        </div>
      </div>
      {fields.length > 0 && (
        <dl className="step-fields" aria-label="Fields of the chosen step">
          {fields.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

const fieldsOf = (line: TraceLine | undefined): readonly (readonly [string, string])[] =>
  Object.entries(line ?? {}).map(([name, value]) => [
    name,
    name === 'time' || name === 'started_at' ? fullTime(Number(value)) : String(value),
  ]);
