/** The link to a backend that speaks v1, where it differs: such a backend knows neither cursors nor frames. */

import {
  CLIENT_EVENTS,
  eventOfMissedMessage,
  isReservedEvent,
  isV2Answer,
  type Json,
  readV1MissedMessages,
  readV1SessionRegistered,
  SERVER_EVENTS,
} from '@session-monitor/protocol';
import type { Effect } from '../core/effects.js';
import type { CoreEvent } from '../core/events.js';
import { isFollowing } from '../core/state.js';
import { V1_RULES } from '../core/v1.js';
import { callSocketListeners } from '../follower/delivery.js';
import type { Plugin, PluginContext } from '../follower/plugin.js';
import { listen } from '../follower/socket-link.js';

export class V1Link implements Plugin {
  readonly rules = V1_RULES;
  readonly #context: PluginContext;
  #offs: readonly (() => void)[] = [];

  constructor(context: PluginContext) {
    this.#context = context;
  }

  start(): void {
    if (this.#offs.length > 0) return;
    const { socket } = this.#context;
    const onAny = (event: string, data: unknown) => this.#onAny(event, data);
    socket.onAny(onAny);
    this.#offs = [
      () => void socket.offAny(onAny),
      this.#read(SERVER_EVENTS.sessionRegistered, readV1SessionRegistered, (registered) => ({
        type: 'v1_registered',
        ...registered,
      })),
      this.#read(SERVER_EVENTS.missedMessages, readV1MissedMessages, (missed) => ({
        type: 'missed_messages',
        missed,
      })),
    ];
  }

  stop(): void {
    for (const off of this.#offs) off();
    this.#offs = [];
  }

  onAnswer(attempt: number, answer: unknown): boolean {
    if (isV2Answer(answer)) return false;
    const registered = readV1SessionRegistered(answer);
    this.#context.dispatch({ type: 'v1_registered', attempt, ...registered });
    return true;
  }

  onStep(_event: CoreEvent, effects: readonly Effect[]): void {
    const { send } = this.#context;
    for (const effect of effects) {
      if (effect.type === 'hand_on') this.#emitMissedMessages(effect.messages);
      if (effect.type === 'request_missed')
        send(CLIENT_EVENTS.requestMissedMessages, effect.message);
    }
  }

  /** The app's events come by themselves. */
  #onAny(event: string, data: unknown): void {
    const state = this.#context.state();
    const { v1, thread_id } = state;
    if (!v1 || thread_id === null || !isFollowing(state) || isReservedEvent(event)) return;
    this.#context.emitToListeners(event, data, { event, thread_id, epoch: '', offset: 0, span: 1 });
  }

  /** Missed messages come in one piece; the app gets them one by one. */
  #emitMissedMessages(messages: readonly Json[]): void {
    for (const message of messages) {
      // The app may stop the monitor from within a listener.
      if (!isFollowing(this.#context.state())) return;
      callSocketListeners(this.#context.socket, eventOfMissedMessage(message), message);
    }
  }

  #read<T extends object>(
    event: string,
    read: (payload: unknown) => T | undefined,
    toEvent: (message: T) => CoreEvent,
  ): () => void {
    return listen(this.#context.socket, event, (payload: unknown) => {
      const message = read(payload);
      if (message) this.#context.dispatch(toEvent(message));
      else this.#context.malformed(event);
    });
  }
}
