/** A trace: drawn as a timeline, with its steps beside it. Choosing a mark shows its step. */

import { useMemo } from 'react';
import { counted, fullTime } from '../model/format.js';
import { timelineOf } from '../model/timeline.js';
import { commonTimes, type Trace } from '../model/trace.js';
import { ClientReportView } from './client-report.js';
import { Empty } from './parts.js';
import { TimelineView } from './timeline-view.js';
import { TraceList } from './trace-list.js';

export interface TraceViewProps {
  readonly trace: Trace;
  /** Until when what has not ended goes on; 0: until the last step. */
  readonly until: number;
  /** The chosen line. */
  readonly chosen: number | null;
  readonly onChoose: (line: number) => void;
}

const MISSING: Readonly<Record<string, string>> = {
  no_answer: 'did not answer',
  lost: 'is gone; its lines are on its disk',
};

export function TraceView({ trace, until, chosen, onChoose }: TraceViewProps) {
  const timeline = useMemo(() => timelineOf(trace, until), [trace, until]);
  const times = useMemo(() => commonTimes(trace), [trace]);
  const { lines, missing, nodes, next, client } = trace;
  return (
    <>
      {client && <ClientReportView report={client} />}
      <section aria-labelledby="life" className="card">
        <h2 id="life">Timeline</h2>
        {missing.map(({ node, reason }) => (
          <p key={node} className="note" data-tone="worried">
            The part of {node} is missing: it {MISSING[reason] ?? reason}.
          </p>
        ))}
        {nodes
          .filter(({ stopped, dropped }) => stopped !== null || dropped > 0)
          .map(({ node, stopped, dropped }) => (
            <p key={node} className="note" data-tone="worried">
              {stopped
                ? `${node} writes no trace: ${stopped.code}.`
                : `${node} could not keep ${counted(dropped, 'line')}.`}
            </p>
          ))}
        {lines.length === 0 ? (
          <Empty title="No step is kept">
            Steps are kept for two days, or as TRACE_HOURS and TRACE_MB say.
          </Empty>
        ) : (
          <TimelineView timeline={timeline} chosen={chosen} onChoose={onChoose} />
        )}
      </section>
      {lines.length > 0 && (
        <section aria-labelledby="steps" className="card">
          <div className="section-head">
            <h2 id="steps">Steps</h2>
            <p className="about">
              {counted(lines.length, 'step')}
              {next === null ? '' : `, the newest; older ones before ${fullTime(next)}`}
            </p>
          </div>
          <TraceList lines={lines} times={times} chosen={chosen} onChoose={onChoose} />
        </section>
      )}
    </>
  );
}
