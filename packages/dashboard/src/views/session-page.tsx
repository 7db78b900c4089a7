/** One session: what is found about it, what it is, its life as a drawing, and each step of that. */

import { useCallback, useState } from 'react';
import { useMayAct } from '../hooks/use-actions.js';
import { useAnswer } from '../hooks/use-answer.js';
import { useNow } from '../hooks/use-now.js';
import { DETAIL_MINUTES } from '../model/action.js';
import type { OneSession } from '../model/answers.js';
import type { Trace } from '../model/trace.js';
import { ActionButton } from './action-button.js';
import { ExportTrace } from './export-trace.js';
import { FindingsView } from './findings-view.js';
import { Loading, PageHead, ProblemBox, StatusMark, Unreachable } from './parts.js';
import { SessionFacts } from './session-facts.js';
import { TraceView } from './trace-view.js';

const SESSION_EVERY_MS = 2_000;
const TRACE_EVERY_MS = 5_000;
/** Newest lines first are asked for: more of them come page by page. */
const LINES = 1_000;

export function SessionPage({ session_id }: { readonly session_id: string }) {
  const path = `debug/sessions/${encodeURIComponent(session_id)}`;
  const one = useAnswer<OneSession>(path, SESSION_EVERY_MS);
  const trace = useAnswer<Trace>(`${path}/trace?limit=${LINES}`, TRACE_EVERY_MS);
  const now = useNow();
  const [line, setLine] = useState<number | null>(null);
  const choose = useCallback((index: number) => setLine(index), []);
  const mayAct = useMayAct();
  const { value: shown, problem } = one;
  const hasEnded = problem?.kind === 'missing';
  return (
    <>
      <PageHead
        title={
          <>
            <span className="unseen">Session </span>
            <span className="code">{session_id}</span>
          </>
        }
        about={
          shown && !hasEnded ? (
            <StatusMark status={shown.session.status} />
          ) : (
            hasEnded && 'It has ended, or never was: what is kept of it is below.'
          )
        }
      >
        {mayAct && !hasEnded && <SessionActions session_id={session_id} />}
        <ExportTrace path={`${path}/trace`} name={session_id} />
      </PageHead>
      <FindingsView path={`${path}/findings`} />
      {shown && !hasEnded ? (
        <>
          <Unreachable nodes={shown.unreachable} />
          <SessionFacts one={shown} now={now} />
        </>
      ) : problem && !hasEnded ? (
        <ProblemBox problem={problem} onRetry={one.askAgain} />
      ) : (
        !hasEnded && <Loading what="the session" />
      )}
      {trace.value ? (
        <TraceView
          trace={trace.value}
          until={shown && !hasEnded ? trace.value.time : 0}
          chosen={line}
          onChoose={choose}
        />
      ) : trace.problem ? (
        <ProblemBox problem={trace.problem} onRetry={trace.askAgain} />
      ) : (
        <Loading what="the trace" />
      )}
    </>
  );
}

function SessionActions({ session_id }: { readonly session_id: string }) {
  return (
    <>
      {(['ping', 'report', 'disconnect', 'expire'] as const).map((action) => (
        <ActionButton key={action} action={{ action, session_id }} about={session_id} />
      ))}
      <ActionButton
        action={{ action: 'detail', session_id, minutes: DETAIL_MINUTES }}
        about={session_id}
      />
    </>
  );
}
