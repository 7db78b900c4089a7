/** Runs the core's effects outside the app: on the link, with timers, in the storage. */

import { CLIENT_EVENTS, readPong, readReceipt } from '@session-monitor/protocol';
import type { Effect, Registration } from '../core/effects.js';
import type { Timer } from '../core/events.js';
import { saveSession } from '../platform/storage.js';
import type { PluginContext } from './plugin.js';
import type { SocketLink } from './socket-link.js';

/** The follower itself runs the effects that call the app; a plugin runs those of v1. */
export type OutsideEffect = Exclude<Effect, { type: 'deliver' | 'notify' }>;

export interface EffectRunnerDeps {
  readonly link: SocketLink;
  readonly context: PluginContext;
  /** Whether a plugin has handled an answer to a registration. */
  readonly answered: (attempt: number, answer: unknown) => boolean;
}

export class EffectRunner {
  readonly #deps: EffectRunnerDeps;
  readonly #timers = new Map<Timer, () => void>();
  /** Set while a registration waits for its token; resolves when that has been sent, or will not be. */
  #leaving: Promise<void> | undefined;

  constructor(deps: EffectRunnerDeps) {
    this.#deps = deps;
  }

  run(effect: OutsideEffect): void {
    const { link, context } = this.#deps;
    switch (effect.type) {
      case 'send_register':
        this.#leave(this.#register(effect.message));
        return;
      case 'send_resume':
        link.request(CLIENT_EVENTS.threadResume, effect.message, (answer) => {
          const receipt = readReceipt(answer);
          context.dispatch({ type: 'resume_receipt', id: effect.id, receipt });
        });
        return;
      case 'send_ping':
        this.#ping(effect.sequence, effect.message);
        return;
      case 'send_system_ping_response': {
        const received_at = this.#timestamp();
        const { thread_id, timestamp } = effect;
        const message = { thread_id, timestamp: timestamp ?? received_at, received_at };
        link.send(CLIENT_EVENTS.systemPingResponse, message);
        return;
      }
      case 'send_ack':
        link.send(CLIENT_EVENTS.threadAck, effect.message);
        return;
      case 'send_leave':
        link.send(CLIENT_EVENTS.leaveSession, effect.message);
        return;
      case 'save_session':
        saveSession(context.storage, effect.thread_id, effect.session);
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

  #leave(leaving: Promise<void>): void {
    this.#leaving = leaving;
    void leaving.then(() => {
      if (this.#leaving === leaving) this.#leaving = undefined;
    });
  }

  async #register(message: Registration): Promise<void> {
    const { link, context, answered } = this.#deps;
    const { attempt } = message;
    let credentials: { token?: string } = {};
    try {
      const had = await context.token();
      credentials = had === null ? {} : { token: had };
    } catch (error) {
      const reason = {
        code: 'no_token',
        message: (error as Error).message,
        retryable: true,
      } as const;
      context.dispatch({ type: 'receipt', attempt, receipt: { ok: false, error: reason } });
      return;
    }
    // Getting a token takes time: only the newest attempt is sent, and only if it is still wanted.
    const { attempt: newest, phase } = context.state();
    if (attempt !== newest || phase !== 'registering') return;
    const request = { ...message, ...credentials };
    link.request(CLIENT_EVENTS.registerSession, request, (answer) => {
      if (answered(attempt, answer)) return;
      context.dispatch({ type: 'receipt', attempt, receipt: readReceipt(answer) });
    });
  }

  #ping(sequence: number, message: object): void {
    const { link, context } = this.#deps;
    const client_info = context.pageInfo();
    const told = {
      ...message,
      ...(!('session_id' in message) && { timestamp: this.#timestamp() }),
      ...(client_info && { client_info }),
    };
    link.request(CLIENT_EVENTS.ping, told, (answer) => {
      context.dispatch({ type: 'pong', sequence, pong: readPong(answer) });
    });
  }

  #timestamp(): string {
    return new Date(this.#deps.context.environment.wall()).toISOString();
  }

  #setTimer(timer: Timer, ms: number): void {
    this.#clearTimer(timer);
    const { after } = this.#deps.context.environment;
    const begin = () =>
      void this.#timers.set(
        timer,
        after(ms, () => this.#fire(timer)),
      );
    // The wait for an answer begins when the registration leaves: the app may be slow to give a token.
    if (timer !== 'register' || !this.#leaving) {
      begin();
      return;
    }
    let isWanted = true;
    this.#timers.set(timer, () => {
      isWanted = false;
    });
    void this.#leaving.then(() => isWanted && begin());
  }

  #fire(timer: Timer): void {
    const { context, link } = this.#deps;
    this.#timers.delete(timer);
    // Socket.IO emits no event when the app itself ends an attempt.
    if (timer === 'connect' && !link.active) {
      context.dispatch({ type: 'link_down', end: 'app', managed: false });
    } else context.dispatch({ type: 'timer', timer });
  }

  #clearTimer(timer: Timer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }
}
