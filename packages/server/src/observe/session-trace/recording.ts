/** What of the trace is kept, and where: the recorder, its store, and what is watched in detail. */

import type { SessionTraceOptions } from '../../options.js';
import type { Clock } from '../../util/clock.js';
import { configError } from '../../util/errors.js';
import { ReportFiles } from '../client-reports/report-files.js';
import { ReportMemory } from '../client-reports/report-memory.js';
import { NO_REPORTS, type ReportStore } from '../client-reports/report-store.js';
import { RepeatedLine } from '../repeated-line.js';
import type { Logger, Trace } from '../trace.js';
import { Detail } from './detail.js';
import { LineWriter, type TraceLine } from './line.js';
import { Recorder } from './recorder.js';
import { Ring } from './ring.js';
import { TraceFiles } from './trace-files.js';
import { NOWHERE, type TraceStore } from './trace-store.js';

const MIB = 1024 * 1024;
/** Files hold a day or more of a thousand sessions; docs/trace.md has what was measured. */
const FILES_BYTES = 256 * MIB;
/** Memory is dearer: some ten thousand lines. */
const MEMORY_BYTES = 8 * MIB;
const MAX_AGE_MS = 48 * 3_600_000;
const MIN_BYTES = MIB;
const MIN_AGE_MS = 60_000;
/** Of what is kept, lines of what is watched in detail may take so much. */
const DETAIL_SHARE = 1 / 4;
/** Reports of clients may take so much beside it. */
const REPORTS_SHARE = 1 / 16;

export interface RecordingDeps {
  readonly node: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: SessionTraceOptions | false | undefined;
  /** Whether a connection follows something, or did. */
  readonly hasFollowed: (connection: string) => boolean;
  /** Traces what becomes of the trace itself. Not called before this has returned. */
  readonly trace: Trace;
}

export interface Recording {
  readonly lines: TraceStore;
  readonly recorder: Recorder;
  readonly detail: Detail;
  readonly reports: ReportStore;
  /** The last line of the process before, if the files have one. */
  readonly former: Promise<TraceLine | undefined>;
  /** Writes what is only counted so far. */
  stop(): void;
}

/** @throws ServerError ERR_CONFIG for a size or an age that is too small */
export function openRecording(deps: RecordingDeps): Recording {
  const { node, clock, trace, hasFollowed } = deps;
  const options = deps.options === false ? {} : (deps.options ?? {});
  const maxAgeMs = atLeast(MIN_AGE_MS, options.maxAgeMs ?? MAX_AGE_MS, 'maxAgeMs');
  const lines = deps.options === false ? NOWHERE : openLines(deps, options, maxAgeMs);
  const suppressed = new RepeatedLine(clock, (fields) => trace('trace_suppressed', fields));
  const detail = new Detail({
    clock,
    maxBytes: lines.maxBytes * DETAIL_SHARE,
    onEnded: (subject, reason) => trace('detail_off', { ...subject, reason }),
  });
  const recorder = new Recorder({
    store: lines,
    writer: new LineWriter(node, clock.wall()),
    detail,
    clock,
    maxAgeMs,
    hasFollowed,
    onSuppressed: () => suppressed.write(() => ({})),
  });
  const former = lines instanceof TraceFiles ? lines.former : Promise.resolve(undefined);
  return {
    lines,
    recorder,
    detail,
    reports: openReports(options.directory, lines, maxAgeMs, clock),
    former,
    stop() {
      detail.stop();
      suppressed.stop();
    },
  };
}

function openLines(
  { clock, logger, trace }: RecordingDeps,
  { directory, maxBytes }: SessionTraceOptions,
  maxAgeMs: number,
): TraceStore {
  if (directory === undefined) {
    logger.info({}, IN_MEMORY);
    return new Ring({ maxBytes: sizeOf(maxBytes, MEMORY_BYTES), maxAgeMs, clock });
  }
  return new TraceFiles({
    directory,
    maxBytes: sizeOf(maxBytes, FILES_BYTES),
    maxAgeMs,
    clock,
    onStopped: (err) => logger.error({ err, directory }, STOPPED),
    onResumed: (code, dropped) => {
      logger.info({ code, dropped }, 'The session trace is written again');
      trace('trace_stopped', { code, dropped });
    },
  });
}

/** Beside the lines. */
function openReports(
  directory: string | undefined,
  lines: TraceStore,
  maxAgeMs: number,
  clock: RecordingDeps['clock'],
): ReportStore {
  if (lines.kept === 'nowhere') return NO_REPORTS;
  const bounds = { maxBytes: lines.maxBytes * REPORTS_SHARE, maxAgeMs };
  if (directory === undefined) return new ReportMemory(bounds, clock);
  return new ReportFiles({ ...bounds, directory, clock });
}

const sizeOf = (given: number | undefined, fallback: number): number =>
  atLeast(MIN_BYTES, given ?? fallback, 'maxBytes');

function atLeast(least: number, value: number, name: string): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw configError(`trace.${name} is ${value}. Allowed: a number of at least ${least}.`);
}

const IN_MEMORY =
  'The session trace is kept in memory only. Set TRACE_DIR (in a program trace.directory) to find it after a restart.';
const STOPPED =
  'The session trace has stopped: its files cannot be written. The server goes on, and tries again every 10 s. Make room, ' +
  'or mend the permissions of the directory.';
