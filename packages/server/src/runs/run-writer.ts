/**
 * Writes one run to its log, under its fence. The terminal part closes the fence in the same step, so that
 * a run has exactly one and nothing follows it (I7).
 */

import { RUN_EVENTS } from '@session-monitor/protocol';
import {
  finishedData,
  type RunEnd,
  type RunNames,
  startedData,
} from '@session-monitor/protocol/rules';
import { writeMark } from '../observe/tracing/mark.js';
import type { LogStore, NewRun, RunRecord } from '../stores/store.js';
import { appendFenced, encodeEvent } from '../threads/publish.js';
import { encodePart } from './part.js';
import type { RunRequest } from './run-id.js';
import { titleOf } from './title.js';

/**
 * Opens a run together with its first event, in one step: a crash leaves both or neither. Undefined if its id
 * is used already.
 */
export async function openRun(
  logs: LogStore,
  run: NewRun,
  { user_input, user_id, owner = user_id, message_id }: RunRequest,
): Promise<RunRecord | undefined> {
  const { run_id, thread_id, log_id, traceparent } = run;
  const data = startedData({ user_input, user_id, message_id }, run);
  const fence = { run_id, token: 1, start: run };
  const encoded = encodeEvent(RUN_EVENTS.started, data);
  const title = titleOf(user_input);
  const touch = {
    active: true,
    ...(owner !== null && { user_id: owner }),
    ...(title !== undefined && { title }),
  };
  const listed = log_id === thread_id ? { touch } : {};
  const mark = writeMark(traceparent, 'opens');
  const opened = await appendFenced(logs, log_id, [encoded], { fence, mark, ...listed });
  return opened ? { ...run, token: 1, status: 'running', ended_at: null } : undefined;
}

export class RunWriter {
  readonly #logs: LogStore;
  readonly #log_id: string;
  readonly #names: RunNames;
  readonly #fence: { readonly run_id: string; readonly token: number };
  /** What its end tells the followers of the log. */
  readonly #closing: string | undefined;
  /** The number of texts written. */
  #texts = 0;

  constructor(logs: LogStore, { run_id, thread_id, log_id, token, traceparent }: RunRecord) {
    this.#logs = logs;
    this.#log_id = log_id;
    this.#names = { run_id, thread_id };
    this.#fence = { run_id, token };
    this.#closing = writeMark(traceparent, 'closes');
  }

  /**
   * Resolves with whether the run's fence let the part through.
   *
   * @throws ResponderError `bad_part`
   */
  async part(part: unknown): Promise<boolean> {
    return this.#append(encodePart(this.#partOf(part), this.#names));
  }

  /** A plain string is the next text of the reply. */
  #partOf(part: unknown): unknown {
    if (typeof part !== 'string') return part;
    const index = this.#texts;
    this.#texts += 1;
    return { type: 'message', index, delta: part };
  }

  end(end: RunEnd): Promise<boolean> {
    const encoded = encodeEvent(RUN_EVENTS.finished, finishedData(end, this.#names));
    return appendFenced(this.#logs, this.#log_id, [encoded], {
      fence: { ...this.#fence, finish: end.status },
      mark: this.#closing,
      // A private run does not move its thread in the list.
      ...(this.#log_id === this.#names.thread_id && { touch: { active: true } }),
    });
  }

  #append(encoded: string): Promise<boolean> {
    return appendFenced(this.#logs, this.#log_id, [encoded], { fence: this.#fence });
  }
}
