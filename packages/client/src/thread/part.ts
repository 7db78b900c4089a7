/** The parts of a reply, as unknown data turned into typed parts. Data that cannot be read is no part. */

import { RUN_EVENTS } from '@session-monitor/protocol';
import { isEndState } from '../core/runs-view.js';
import type { PartData, Reply, ReplyState, ThreadEvent } from './history.js';

type Fields<Name extends keyof Reply> = Pick<Reply, Name>;

export type Part =
  | { readonly kind: 'started'; readonly fields: Fields<'message' | 'message_id' | 'user_id'> }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'data';
      readonly of: 'analysis' | 'knowledge' | 'next_actions';
      readonly data: PartData;
    }
  | { readonly kind: 'finished'; readonly fields: Fields<'state' | 'error'> };

export interface RunPart {
  readonly run_id: string;
  readonly part: Part;
}

/** Undefined for an event that is not part of a reply. */
export function readPart({ event, data }: ThreadEvent): RunPart | undefined {
  if (!isObject(data) || typeof data.run_id !== 'string') return undefined;
  const part = partOf(event, data);
  return part && { run_id: data.run_id, part };
}

function partOf(event: string, data: PartData): Part | undefined {
  switch (event) {
    case RUN_EVENTS.started: {
      const { user_input, message_id, user_id } = data;
      const message = textOr(user_input, null);
      const who = { message_id: textOr(message_id, null), user_id: textOr(user_id, null) };
      return { kind: 'started', fields: { message, ...who } };
    }
    case RUN_EVENTS.message:
      // `delta` is this protocol's word; backends of other makes say `text`.
      return { kind: 'text', text: textOr(data.delta, null) ?? textOr(data.text, '') };
    case RUN_EVENTS.analysis:
      return { kind: 'data', of: 'analysis', data };
    case RUN_EVENTS.knowledge:
      return { kind: 'data', of: 'knowledge', data };
    case RUN_EVENTS.nextAction:
      return { kind: 'data', of: 'next_actions', data };
    case RUN_EVENTS.finished:
      return {
        kind: 'finished',
        fields: { state: endOf(data.status), error: errorOf(data.error) },
      };
    default:
      return undefined;
  }
}

/** A newer server may send an unknown status. The reply is over in any case. */
const endOf = (status: unknown): ReplyState =>
  isEndState(status) ? (status as ReplyState) : 'failed';

const errorOf = (error: unknown): Reply['error'] =>
  isObject(error) ? { code: textOr(error.code, ''), message: textOr(error.message, '') } : null;

const isObject = (value: unknown): value is PartData => typeof value === 'object' && value !== null;

const textOr = <Otherwise>(value: unknown, otherwise: Otherwise): string | Otherwise =>
  typeof value === 'string' ? value : otherwise;
