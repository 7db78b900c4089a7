/**
 * The life of a session as lanes on one axis of time, from the lines of its trace. What began and has not ended goes on to
 * the end of the axis.
 */

import { duration } from './format.js';
import { type Tone, wordsOf } from './step-words.js';
import { commonTimes, numberOf, type Trace, type TraceLine, textOf } from './trace.js';

interface Bar {
  readonly from: number;
  readonly to: number;
  /** A transport, a reason to wait, or how a reply ended. */
  readonly kind: string;
  readonly label: string;
}

interface Mark {
  readonly at: number;
  readonly tone: Tone;
  readonly label: string;
  /** Its line in the trace. */
  readonly line: number;
}

export interface Lane {
  readonly name: string;
  readonly bars: readonly Bar[];
  readonly marks: readonly Mark[];
}

export interface Timeline {
  readonly from: number;
  readonly to: number;
  /** Those that have something. */
  readonly lanes: readonly Lane[];
  readonly roundTrips: readonly { readonly at: number; readonly ms: number }[];
}

/** A line, and when it was written by the common clock. */
interface Timed {
  readonly line: TraceLine;
  readonly at: number;
  readonly index: number;
}

/** The steps that are marks, by the lane that has them. */
const MARKS: Readonly<Record<string, readonly string[]>> = {
  Connection: ['upgrade_failed', 'overflow', 'bad_input'],
  Session: [
    ...['register', 'resume', 'register_refused', 'access_refused', 'taken_over', 'fork'],
    ...['revoked', 'operated', 'expire', 'limit'],
  ],
  Delivery: ['gap', 'reset', 'erase'],
  Replies: [],
  Server: [
    ...['process_started', 'process_stopped', 'not_stopped', 'drain', 'node_lost', 'loop_blocked'],
    'trace_stopped',
  ],
};

/** The least of the axis: a single step has some room around it. */
const LEAST_MS = 1_000;

/** @param until how far what has not ended goes on, at least to the last line */
export function timelineOf(trace: Pick<Trace, 'nodes' | 'lines'>, until = 0): Timeline {
  const times = commonTimes(trace);
  const timed = trace.lines.map((line, index): Timed => ({ line, at: times[index] ?? 0, index }));
  const [first] = times;
  if (first === undefined) return { from: 0, to: LEAST_MS, lanes: [], roundTrips: [] };
  // A file may have more of them than a call takes arguments.
  const from = times.reduce((least, at) => Math.min(least, at), first);
  const to = times.reduce((most, at) => Math.max(most, at), Math.max(until, from + LEAST_MS));
  const bars: Readonly<Record<string, readonly Bar[]>> = {
    Connection: connectionBars(timed, to),
    Delivery: pauseBars(timed, to),
    Replies: replyBars(timed, to),
    Session: silenceBars(timed),
    Server: blockedBars(timed),
  };
  const lanes = Object.entries(MARKS).map(
    ([name, steps]): Lane => ({
      name,
      bars: bars[name] ?? [],
      marks: timed.filter(({ line }) => steps.includes(line.step)).map(markOf),
    }),
  );
  return {
    from: lanes
      .flatMap((lane) => lane.bars)
      .reduce((least, bar) => Math.min(least, bar.from), from),
    to,
    lanes: lanes.filter((lane) => lane.bars.length + lane.marks.length > 0),
    roundTrips: timed.flatMap(({ line, at }) => {
      const ms = line.step === 'sample' ? numberOf(line, 'rtt_ms') : undefined;
      return ms === undefined ? [] : [{ at, ms }];
    }),
  };
}

function markOf({ line, at, index }: Timed): Mark {
  const { text, tone } = wordsOf(line);
  return { at, tone, label: text, line: index };
}

/** A bar for each transport of each connection. */
function connectionBars(timed: readonly Timed[], to: number): readonly Bar[] {
  const bars: Bar[] = [];
  const open = new Map<string, { from: number; transport: string }>();
  const close = (connection: string, at: number, reason: string) => {
    const began = open.get(connection);
    open.delete(connection);
    if (!began) return;
    const label = `${began.transport || 'connected'}, ${duration(at - began.from)}${reason}`;
    bars.push({ from: began.from, to: at, kind: began.transport, label });
  };
  for (const { line, at } of timed) {
    const connection = textOf(line, 'connection');
    if (connection === '') continue;
    const transport = textOf(line, 'transport');
    if (line.step === 'upgrade') {
      close(connection, at, ', then upgraded');
      open.set(connection, { from: at, transport });
    } else if (line.step === 'disconnect') {
      const reason = textOf(line, 'reason');
      close(connection, at, reason === '' ? '' : `: ${reason}`);
    } else if (['connect', 'register', 'sample'].includes(line.step) && !open.has(connection)) {
      open.set(connection, { from: at, transport });
    }
  }
  for (const connection of [...open.keys()]) close(connection, to, ', still open');
  return bars.sort((one, other) => one.from - other.from);
}

/** What waits goes on until something is sent or acknowledged. */
function pauseBars(timed: readonly Timed[], to: number): readonly Bar[] {
  const bars: Bar[] = [];
  let open: { from: number; waiting: string } | undefined;
  const close = (at: number) => {
    if (open) {
      const label = `waits for ${open.waiting}, ${duration(at - open.from)}`;
      bars.push({ from: open.from, to: at, kind: open.waiting, label });
    }
    open = undefined;
  };
  for (const { line, at } of timed) {
    const waiting = textOf(line, 'waiting');
    const isPause = (line.step === 'pause' || line.step === 'sample') && waiting !== '';
    const goesOn = ['frame', 'acknowledged', 'disconnect', 'expire', 'sample'].includes(line.step);
    if (isPause) {
      if (open?.waiting === waiting) continue;
      close(at);
      open = { from: at, waiting };
    } else if (goesOn) close(at);
  }
  close(to);
  return bars;
}

/** A bar for each reply, from its request to its end. */
function replyBars(timed: readonly Timed[], to: number): readonly Bar[] {
  const bars: Bar[] = [];
  const open = new Map<string, number>();
  for (const { line, at } of timed) {
    const run = textOf(line, 'run_id');
    if (line.step === 'run_started') open.set(run, at);
    if (line.step !== 'run_finished') continue;
    const from = open.get(run) ?? at - (numberOf(line, 'ms') ?? 0);
    open.delete(run);
    const status = textOf(line, 'status');
    bars.push({ from, to: at, kind: status, label: `reply ${status}, ${duration(at - from)}` });
  }
  for (const from of open.values()) {
    bars.push({ from, to, kind: 'running', label: `reply, ${duration(to - from)} so far` });
  }
  return bars.sort((one, other) => one.from - other.from);
}

/** A page that was frozen, and a client that was silent: known when it was over. */
const silenceBars = (timed: readonly Timed[]): readonly Bar[] =>
  timed.flatMap(({ line, at }) => {
    const silent = numberOf(line, 'silent_ms');
    if (silent === undefined || (line.step !== 'frozen' && line.step !== 'idle')) return [];
    const words = line.step === 'frozen' ? 'page frozen' : 'silent';
    const label = `${words}, ${duration(silent)}`;
    return [{ from: at - silent, to: at, kind: line.step, label }];
  });

const blockedBars = (timed: readonly Timed[]): readonly Bar[] =>
  timed.flatMap(({ line, at }) => {
    const blocked = line.step === 'loop_blocked' ? numberOf(line, 'ms') : undefined;
    if (blocked === undefined) return [];
    return [{ from: at - blocked, to: at, kind: 'blocked', label: wordsOf(line).text }];
  });
