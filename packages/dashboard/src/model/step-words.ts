/** The steps of a trace in words, and how good or bad each of them is. */

import { bytes, counted, duration } from './format.js';
import { numberOf, type TraceLine, textOf } from './trace.js';

export type Tone = 'plain' | 'good' | 'worried' | 'broken';

export interface StepWords {
  readonly text: string;
  readonly tone: Tone;
}

type Words = (line: TraceLine) => StepWords;

const plain = (text: string): StepWords => ({ text, tone: 'plain' });
const good = (text: string): StepWords => ({ text, tone: 'good' });
const worried = (text: string): StepWords => ({ text, tone: 'worried' });
const broken = (text: string): StepWords => ({ text, tone: 'broken' });

const ms = (line: TraceLine, field: string): string => {
  const value = numberOf(line, field);
  return value === undefined ? 'some time' : duration(value);
};
const count = (line: TraceLine, field: string, one: string, many?: string): string =>
  counted(numberOf(line, field) ?? 0, one, many);
/** Words in front of a field, if it is there. */
const after = (words: string, text: string): string => (text === '' ? '' : `${words}${text}`);

const GRANTED: Words = (line) => {
  const replay = numberOf(line, 'replay') ?? 0;
  const rest =
    after(' from offset ', textOf(line, 'from')) +
    (replay > 0 ? `, ${counted(replay, 'event')} to catch up` : '') +
    after(', was on ', textOf(line, 'former_node'));
  switch (textOf(line, 'outcome')) {
    case 'resumed':
      return good(`Resumed${rest}`);
    case 'forked':
      return worried(`A duplicated tab: got a session for itself${rest}`);
    case 'reset':
      return broken(`Starts over${after(': ', textOf(line, 'reason'))}${rest}`);
    default:
      return plain(`Registered${rest}`);
  }
};

const REFUSED: Words = (line) =>
  broken(
    `Refused ${textOf(line, 'action') || 'access'}: ${textOf(line, 'code')}` +
      after(', ', textOf(line, 'detail')),
  );

const STEPS: Readonly<Record<string, Words>> = {
  connect: (line) =>
    plain(`Connected by ${textOf(line, 'transport')}${after(' from ', textOf(line, 'address'))}`),
  upgrade: (line) => good(`Upgraded to ${textOf(line, 'transport')}`),
  upgrade_failed: (line) =>
    worried(
      `The upgrade to ${textOf(line, 'to')} failed; it stays on ${textOf(line, 'transport')}`,
    ),
  disconnect: (line) =>
    worried(
      `${textOf(line, 'session_id') === '' ? 'Disconnected' : 'Lost its connection'}${after(': ', textOf(line, 'reason'))}${after(', after ', numberOf(line, 'ms') === undefined ? '' : ms(line, 'ms'))}`,
    ),
  considered: (line) =>
    plain(`Decides where it goes on${after(': asked for ', textOf(line, 'asked'))}`),
  register: GRANTED,
  resume: GRANTED,
  register_refused: REFUSED,
  access_refused: REFUSED,
  ping: (line) => plain(`Ping at offset ${textOf(line, 'offset')} of ${textOf(line, 'head')}`),
  frozen: (line) =>
    worried(
      `The browser had frozen the page for ${ms(line, 'frozen_ms')}; silent for ${ms(line, 'silent_ms')}`,
    ),
  idle: (line) => worried(`Silent for ${ms(line, 'silent_ms')}`),
  revoked: () => broken('Its rights were revoked'),
  operated: (line) =>
    worried(`An operator did ${textOf(line, 'action')}${after(': ', textOf(line, 'by'))}`),
  reported: (line) =>
    worried(
      `The client sent a report of ${bytes(numberOf(line, 'bytes') ?? 0)}` +
        (line.requested === true ? ', as an operator has asked' : ''),
    ),
  report_requested: () => plain('An operator asked the client for its report'),
  system_ping: () => plain('The server asked whether the client is there'),
  system_ping_response: (line) => plain(`The client answered after ${ms(line, 'waited_ms')}`),
  taken_over: (line) =>
    worried(`Another connection has the session now${after(': ', textOf(line, 'by'))}`),
  fork: (line) => worried(`A duplicate of ${textOf(line, 'of')}`),
  gap: (line) =>
    broken(
      `Gap: events ${textOf(line, 'gap_from')} to ${textOf(line, 'gap_to')} are no longer kept (${textOf(line, 'reason')})`,
    ),
  reset: (line) => broken(`Reset: ${textOf(line, 'reason')}`),
  expire: (line) => broken(`Expired: ${textOf(line, 'reason')}`),
  forget: () => plain('The record was removed'),
  sample: (line) => {
    const waiting = textOf(line, 'waiting');
    const place = `acknowledged ${textOf(line, 'acknowledged')} of ${textOf(line, 'head')}`;
    const flight = numberOf(line, 'in_flight_bytes') ?? 0;
    const rest = `${place}${flight > 0 ? `, ${bytes(flight)} in flight` : ''}`;
    return waiting === ''
      ? plain(`Sample: ${rest}`)
      : worried(`Sample: ${rest}, waits for ${waiting}`);
  },
  frame: (line) =>
    plain(
      `Sent ${textOf(line, 'from')} to ${textOf(line, 'to')}, ${bytes(numberOf(line, 'bytes') ?? 0)}`,
    ),
  acknowledged: (line) => good(`Acknowledged up to ${textOf(line, 'offset')}`),
  pause: (line) => worried(`Waits for ${textOf(line, 'waiting')}`),
  timer: (line) => plain(`Timer ${textOf(line, 'timer')}: ${ms(line, 'ms')}`),
  bad_input: (line) =>
    broken(`Bad input: ${textOf(line, 'code')}${after(' in ', textOf(line, 'event'))}`),
  overflow: () => broken('It did not read what was sent, and was closed'),
  limit: (line) =>
    worried(`Limit ${textOf(line, 'limit')}${after(', times ', textOf(line, 'times'))}`),
  trim: (line) => plain(`Events ${textOf(line, 'from')} to ${textOf(line, 'to')} were trimmed`),
  erase: () => broken('The thread was erased'),
  run_started: (line) => plain(`A reply was asked for${after(' by ', textOf(line, 'user_id'))}`),
  run_finished: (line) => {
    const status = textOf(line, 'status');
    const text = `The reply ended: ${status}${after(', ', textOf(line, 'code'))}${after(' after ', numberOf(line, 'ms') === undefined ? '' : ms(line, 'ms'))}`;
    return status === 'completed' ? good(text) : status === 'failed' ? broken(text) : worried(text);
  },
  process_started: (line) => plain(`The server started, version ${textOf(line, 'version')}`),
  process_stopped: () => plain('The server was stopped'),
  not_stopped: (line) =>
    broken(`The process before was killed: ${count(line, 'runs', 'reply', 'replies')} interrupted`),
  drain: () => worried('The server stops, and hands its clients over'),
  node_lost: (line) => broken(`Server ${textOf(line, 'lost')} was lost`),
  loop_blocked: (line) => broken(`The server did nothing else for ${ms(line, 'ms')}`),
  detail_on: (line) => plain(`Traced in detail for ${textOf(line, 'minutes')} min`),
  detail_off: () => plain('No longer traced in detail'),
  trace_stopped: (line) => broken(`${count(line, 'dropped', 'line')} could not be written`),
  trace_suppressed: (line) => worried(`${count(line, 'times', 'line')} of strangers left out`),
};

/** A step of a later server has its name for words. */
export const wordsOf = (line: TraceLine): StepWords =>
  Object.hasOwn(STEPS, line.step) ? (STEPS[line.step] as Words)(line) : plain(line.step);

/** The steps that have words. */
export const KNOWN_STEPS: readonly string[] = Object.keys(STEPS);
