/** Looks into the steps of a trace. */

import type { TraceLine } from '../session-trace/line.js';
import type { TraceStep } from '../trace-steps.js';

type Lines = readonly TraceLine[];
type Condition = (line: TraceLine) => boolean;

/** It takes seconds until a loss is noticed. The client may be back on another node before. */
const NOTICED_WITHIN_MS = 30_000;

/** The newest line of a step, if there is one that fits. */
export const newest = (lines: Lines, step: TraceStep, fits: Condition = () => true) =>
  lines.findLast((line) => line.step === step && fits(line));

/** Whether a step came after a line. */
export const cameAfter = (lines: Lines, line: TraceLine, ...steps: readonly TraceStep[]): boolean =>
  lines.slice(lines.indexOf(line) + 1).some(({ step }) => steps.includes(step as TraceStep));

/** The steps with which a client has its session, again. */
export const SERVED = ['register', 'resume'] as const satisfies readonly TraceStep[];

const isServed: Condition = ({ step }) => (SERVED as readonly string[]).includes(step);

/** Whether a node carried the session when something happened to it. */
export function wasOn(lines: Lines, step: TraceLine, node: string): boolean {
  const last = lines.slice(0, lines.indexOf(step)).findLast((line) => 'session_id' in line);
  return last?.node === node || cameFrom(lines, step, node) !== undefined;
}

/** The registration with which its client was back, if it was: it may have left a node before that one's end was noticed. */
export const backAfter = (lines: Lines, step: TraceLine, node: string): TraceLine | undefined =>
  cameFrom(lines, step, node) ?? lines.slice(lines.indexOf(step) + 1).find(isServed);

const cameFrom = (lines: Lines, step: TraceLine, node: string): TraceLine | undefined =>
  lines.find(
    (line) =>
      isServed(line) && line.former_node === node && line.time > step.time - NOTICED_WITHIN_MS,
  );

/** A field of a line that is a number, or 0: older lines may lack it. */
export const numberOf = (line: TraceLine, field: string): number => {
  const value = line[field];
  return typeof value === 'number' ? value : 0;
};

/** A field of a line as text; empty without it. */
export const textOf = (line: TraceLine, field: string): string => String(line[field] ?? '');
