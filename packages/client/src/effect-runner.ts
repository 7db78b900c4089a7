/** Does what the core's steps want done outside the app: on the link, with timers, in the storage. */

import {
  CLIENT_EVENTS,
  isV2Answer,
  readPong,
  readReceipt,
  readV1SessionRegistered,
} from '@session-monitor/protocol';
import type { Effect, Registration } from './core/effects.js';
import type { Happening, Timer } from './core/events.js';
import type { State } from './core/state.js';
import type { Environment } from './environment.js';
import type { PageInfo } from './page-activity.js';
import type { SocketLink } from './socket-link.js';
import { type SessionStorage, saveSession } from './storage.js';

/** What the app sees of a step is done by the monitor itself. */
export type OutsideEffect = Exclude<Effect, { type: 'deliver' | 'hand_on' | 'notify' }>;

export interface EffectRunnerParts {
  readonly link: SocketLink;
  readonly environment: Environment;
  readonly storage: SessionStorage | null;
  readonly state: () => State;
  /** Rejects if there is none to be had. */
  readonly token: () => Promise<string | null>;
  /** What a page tells of its user. */
  readonly clientInfo: () => PageInfo | undefined;
  readonly happened: (event: Happening) => void;
  readonly complain: (message: string) => void;
}

export class EffectRunner {
  readonly #parts: EffectRunnerParts;
  readonly #timers = new Map<Timer, () => void>();

  constructor(parts: EffectRunnerParts) {
    this.#parts = parts;
  }

  run(effect: OutsideEffect): void {
    const { link, storage, happened } = this.#parts;
    switch (effect.type) {
      case 'send_register':
        void this.#register(effect.message);
        return;
      case 'send_resume':
        link.request(CLIENT_EVENTS.threadResume, effect.message, (answer) => {
          const receipt = readReceipt(answer);
          happened({ type: 'resume_receipt', id: effect.id, receipt });
        });
        return;
      case 'send_ping':
        this.#ping(effect.sequence, effect.message);
        return;
      case 'send_v1_ping': {
        const { thread_id } = effect;
        this.#ping(effect.sequence, { thread_id, timestamp: this.#timestamp() });
        return;
      }
      case 'send_system_ping_response': {
        const received_at = this.#timestamp();
        const { thread_id, timestamp } = effect;
        const message = { thread_id, timestamp: timestamp ?? received_at, received_at };
        link.send(CLIENT_EVENTS.systemPingResponse, message);
        return;
      }
      case 'request_missed':
        link.send(CLIENT_EVENTS.requestMissedMessages, effect.message);
        return;
      case 'send_ack':
        link.send(CLIENT_EVENTS.threadAck, effect.message);
        return;
      case 'send_leave':
        link.send(CLIENT_EVENTS.leaveSession, effect.message);
        return;
      case 'save_session':
        saveSession(storage, effect.thread_id, effect.session);
        return;
      case 'set_timer':
        this.#setTimer(effect.timer, effect.ms);
        return;
      case 'clear_timer':
        this.#clearTimer(effect.timer);
        return;
      case 'connect':
        link.connect();
        return;
      case 'disconnect':
        link.disconnect();
        return;
    }
  }

  async #register(message: Registration): Promise<void> {
    const { link, state, token, happened, complain } = this.#parts;
    const { attempt } = message;
    let credentials: { token?: string } = {};
    try {
      const had = await token();
      credentials = had === null ? {} : { token: had };
    } catch (error) {
      // The registration timer asks again; a token that can never be had keeps saying so.
      complain(`The token could not be had: ${String(error)}`);
      return;
    }
    // Getting a token takes time: only the newest attempt is sent, and only if it is still wanted.
    const { attempt: newest, phase } = state();
    if (attempt !== newest || phase !== 'registering') return;
    const request = { ...message, ...credentials };
    link.request(CLIENT_EVENTS.registerSession, request, (answer) => {
      if (isV2Answer(answer)) happened({ type: 'receipt', attempt, receipt: readReceipt(answer) });
      else happened({ type: 'v1_registered', attempt, ...readV1SessionRegistered(answer) });
    });
  }

  #ping(sequence: number, message: object): void {
    const { link, clientInfo, happened } = this.#parts;
    const client_info = clientInfo();
    const told = { ...message, ...(client_info && { client_info }) };
    link.request(CLIENT_EVENTS.ping, told, (answer) => {
      happened({ type: 'pong', sequence, pong: readPong(answer) });
    });
  }

  #timestamp(): string {
    return new Date(this.#parts.environment.wall()).toISOString();
  }

  #setTimer(timer: Timer, ms: number): void {
    this.#clearTimer(timer);
    const cancel = this.#parts.environment.after(ms, () => {
      this.#timers.delete(timer);
      const { happened, link } = this.#parts;
      // Of an attempt that the app has ended itself nobody hears.
      if (timer === 'connect' && !link.active) {
        happened({ type: 'link_down', end: 'app', managed: false });
      } else happened({ type: 'timer', timer });
    });
    this.#timers.set(timer, cancel);
  }

  #clearTimer(timer: Timer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }
}
