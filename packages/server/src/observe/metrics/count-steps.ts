/** Counts what passes as a step of the trace, also where the line of the step is left out. */

import type { Trace } from '../trace.js';
import type { TraceFields, TraceStep } from '../trace-steps.js';
import { type Counter, cellOf } from './counter.js';
import type { Counters } from './metrics.js';
import { beginnerAt, countGap, countReset } from './notices.js';

type Count = (counters: Counters, fields: TraceFields) => void;

const add = (counter: Counter): void => {
  counter.value += 1;
};

/** Each step is here: one without a counter says why. */
const COUNTS: Readonly<Record<TraceStep, Count | undefined>> = {
  connect: ({ connections_total }, { transport }) => add(cellOf(connections_total, transport)),
  // A session that leaves its connection is not the end of a connection.
  disconnect: ({ disconnects_total }, { session_id, reason }) => {
    if (session_id === undefined) add(cellOf(disconnects_total, reason));
  },
  upgrade: ({ upgrades_total }) => add(upgrades_total),
  // `socketio/upgrade-failures.ts` counts those that the server refuses.
  upgrade_failed({ upgrade_failures_total }, { reason }) {
    if (reason === 'abandoned') add(upgrade_failures_total.abandoned);
  },
  register: countRegistration,
  // Those that an outage refuses have no step: `socketio/routes.ts` counts all of them.
  register_refused: undefined,
  resume(counters, fields) {
    add(counters.resumes_total);
    countReplay(counters, 'returning', fields);
  },
  gap: (counters, { reason }) => countGap(counters, 'following', reason),
  reset: (counters, { reason }) => countReset(counters, reason),
  // Refused input has one line a second: `socketio/routes.ts` counts all of it.
  bad_input: undefined,
  // `observe/limit-hits.ts` counts the hits.
  limit: undefined,
  run_started: ({ runs_started_total }) => add(runs_started_total),
  run_finished: ({ runs_finished_total }, { status }) => add(cellOf(runs_finished_total, status)),
  access_refused: ({ steps_total }) => add(steps_total.access_refused),
  ping: ({ steps_total }) => add(steps_total.ping),
  idle: ({ steps_total }) => add(steps_total.idle),
  revoked: ({ steps_total }) => add(steps_total.revoked),
  operated: ({ steps_total }) => add(steps_total.operated),
  system_ping: ({ steps_total }) => add(steps_total.system_ping),
  system_ping_response: ({ steps_total }) => add(steps_total.system_ping_response),
  taken_over: ({ steps_total }) => add(steps_total.taken_over),
  // Its registration has the outcome `forked`.
  fork: undefined,
  expire: ({ steps_total }) => add(steps_total.expire),
  forget: ({ steps_total }) => add(steps_total.forget),
  overflow: ({ steps_total }) => add(steps_total.overflow),
  trim: ({ steps_total }) => add(steps_total.trim),
  erase: ({ steps_total }) => add(steps_total.erase),
  drain: ({ steps_total }) => add(steps_total.drain),
  node_lost: ({ steps_total }) => add(steps_total.node_lost),
  frozen: ({ steps_total }) => add(steps_total.frozen),
  reported: ({ steps_total }) => add(steps_total.reported),
  report_requested: ({ steps_total }) => add(steps_total.report_requested),
  loop_blocked: ({ steps_total }) => add(steps_total.loop_blocked),
  not_stopped: ({ steps_total }) => add(steps_total.not_stopped),
  // A process has one of each.
  process_started: undefined,
  process_stopped: undefined,
  // They describe what other steps and figures count.
  sample: undefined,
  frame: undefined,
  acknowledged: undefined,
  pause: undefined,
  considered: undefined,
  timer: undefined,
  detail_on: undefined,
  detail_off: undefined,
  trace_stopped: undefined,
  trace_suppressed: undefined,
};

export const countSteps =
  (trace: Trace, counters: Counters): Trace =>
  (step, fields) => {
    COUNTS[step]?.(counters, fields);
    trace(step, fields);
  };

function countRegistration(counters: Counters, fields: TraceFields): void {
  const { outcome, reason = 'none', repeated } = fields;
  if (repeated === true) {
    // The receipt of before is sent again, with its gap and its replay.
    add(counters.registrations_total.repeated.none);
    return;
  }
  add(cellOf(cellOf(counters.registrations_total, outcome), reason));
  countReplay(counters, outcome === 'new' ? 'new' : 'returning', fields);
}

/** What a receipt announces, and what it promises. */
function countReplay(
  counters: Counters,
  reader: 'new' | 'returning',
  { outcome, reason, replay, gap_from }: TraceFields,
): void {
  if (typeof replay === 'number') counters.replayed_events_total[reader].value += replay;
  // A gap has one reason only, which the trace leaves out.
  if (gap_from !== undefined) countGap(counters, beginnerAt(gap_from), 'trimmed');
  if (outcome === 'reset') countReset(counters, reason);
}
