/** Looks into the steps of a trace. */

import type { TraceLine } from '../session-trace/line.js';
import type { TraceStep } from '../trace-steps.js';

type Lines = readonly TraceLine[];
type Condition = (line: TraceLine) => boolean;

/** The newest line of a step, if there is one that fits. */
export const newest = (lines: Lines, step: TraceStep, fits: Condition = () => true) =>
  lines.findLast((line) => line.step === step && fits(line));

/** Whether a step came after a line. */
export const cameAfter = (lines: Lines, line: TraceLine, ...steps: readonly TraceStep[]): boolean =>
  lines.slice(lines.indexOf(line) + 1).some(({ step }) => steps.includes(step as TraceStep));

/** The steps with which a client has its session, again. */
export const SERVED = ['register', 'resume'] as const satisfies readonly TraceStep[];

/** A field of a line that is a number, or 0: older lines may lack it. */
export const numberOf = (line: TraceLine, field: string): number => {
  const value = line[field];
  return typeof value === 'number' ? value : 0;
};

/** A field of a line as text; empty without it. */
export const textOf = (line: TraceLine, field: string): string => String(line[field] ?? '');
