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
import type { Companion, FollowerHost } from './companion.js';
import type { V1Effect } from './core/effects.js';
import type { Happening } from './core/events.js';
import { isFollowing } from './core/state.js';
import { V1_RULES } from './core/v1.js';
import { callSocketListeners } from './delivery.js';
import { listen } from './socket-link.js';

export class V1Link implements Companion {
  readonly rules = V1_RULES;
  readonly #host: FollowerHost;
  #offs: readonly (() => void)[] = [];

  constructor(host: FollowerHost) {
    this.#host = host;
  }

  start(): void {
    if (this.#offs.length > 0) return;
    const { socket } = this.#host;
    const heard = (event: string, data: unknown) => this.#heard(event, data);
    socket.onAny(heard);
    this.#offs = [
      () => void socket.offAny(heard),
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

  answered(attempt: number, answer: unknown): boolean {
    if (isV2Answer(answer)) return false;
    const registered = readV1SessionRegistered(answer);
    this.#host.happened({ type: 'v1_registered', attempt, ...registered });
    return true;
  }

  run(effect: V1Effect): void {
    if (effect.type === 'hand_on') this.#handOn(effect.messages);
    else this.#host.send(CLIENT_EVENTS.requestMissedMessages, effect.message);
  }

  /** The app's events come by themselves. */
  #heard(event: string, data: unknown): void {
    const state = this.#host.state();
    const { v1, thread_id } = state;
    if (!v1 || thread_id === null || !isFollowing(state) || isReservedEvent(event)) return;
    this.#host.hand(event, data, { event, thread_id, epoch: '', offset: 0, span: 1 });
  }

  /** Missed messages come in one piece; the app gets them one by one. */
  #handOn(messages: readonly Json[]): void {
    for (const message of messages) {
      // The app may stop the monitor from within a listener.
      if (!isFollowing(this.#host.state())) return;
      callSocketListeners(this.#host.socket, eventOfMissedMessage(message), message);
    }
  }

  #read<T extends object>(
    event: string,
    read: (payload: unknown) => T | undefined,
    happening: (message: T) => Happening,
  ): () => void {
    return listen(this.#host.socket, event, (payload: unknown) => {
      const message = read(payload);
      if (message) this.#host.happened(happening(message));
      else this.#host.rubbish(event);
    });
  }
}
