/** What a run writes to its thread: the events of its parts, its first and its last event. */

import type { Json } from '../messages.js';
import { RUN_EVENTS } from '../names.js';

const EVENT_OF_PART = {
  analysis: RUN_EVENTS.analysis,
  knowledge: RUN_EVENTS.knowledge,
  next_action: RUN_EVENTS.nextAction,
  message: RUN_EVENTS.message,
} as const;

/** The types of parts. */
export type PartType = keyof typeof EVENT_OF_PART;

export const PART_TYPES = Object.keys(EVENT_OF_PART);

/** The event that a part of a type becomes; undefined for an unknown type. */
export const eventOfPart = (type: unknown): string | undefined =>
  typeof type === 'string' && Object.hasOwn(EVENT_OF_PART, type)
    ? EVENT_OF_PART[type as PartType]
    : undefined;

/** The ids that every event of a run carries. */
export interface RunNames {
  readonly run_id: string;
  readonly thread_id: string;
}

interface Question {
  readonly user_input: string;
  readonly user_id: string | null;
  readonly message_id?: string | undefined;
}

/** The data of `run_started`. Stored logs fix the order of its fields. */
export const startedData = (
  { user_input, user_id, message_id }: Question,
  { run_id, thread_id }: RunNames,
): object => ({
  type: RUN_EVENTS.started,
  user_input,
  user_id,
  ...(message_id !== undefined && { message_id }),
  run_id,
  thread_id,
});

export type RunStatus = 'completed' | 'failed' | 'cancelled' | 'interrupted';

/** Why a run failed or was interrupted, for the user. */
export interface RunError {
  readonly code: string;
  readonly message: string;
}

export interface RunEnd {
  readonly status: RunStatus;
  readonly error?: RunError;
  /** The cost of the reply, as the responder reports it. */
  readonly usage?: Json;
}

/** The data of `run_finished`. Stored logs fix the order of its fields. */
export const finishedData = (
  { status, error, usage }: RunEnd,
  { run_id, thread_id }: RunNames,
): object => ({
  type: RUN_EVENTS.finished,
  status,
  ...(error && { error }),
  ...(usage !== undefined && { usage }),
  run_id,
  thread_id,
});

/** A part that a responder should not have yielded. */
export const BAD_PART: RunError = {
  code: 'bad_part',
  message: 'The reply could not be understood.',
};

/** A responder threw an error that is not meant for the user. */
export const RESPONDER_FAILED: RunError = {
  code: 'responder_failed',
  message: 'The reply could not be produced.',
};

/** The end of the runs of a server that stops. */
export const DRAINING: RunEnd = {
  status: 'interrupted',
  error: { code: 'draining', message: 'The server is stopping.' },
};
