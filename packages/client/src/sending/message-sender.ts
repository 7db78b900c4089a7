/** Messages on their way to the server, posted over HTTP: with the waiting callers and what is known of their runs. */

import { type Fault, wantsToken } from '@session-monitor/protocol';
import { backoffMs, TOKEN_RETRIES } from '../core/backoff.js';
import type { OutboxMessage, PostOutcome } from '../core/outbox.js';
import {
  accepted,
  isEndState,
  isOpen,
  type RunsView,
  refusedToSend,
  seen,
  sending,
  withoutHistory,
} from '../core/runs-view.js';
import { isFollowing } from '../core/state.js';
import { SessionMonitorError } from '../errors.js';
import type { PluginContext } from '../follower/plugin.js';
import type { Fetch } from '../platform/environment.js';
import { type Caller, type CancelOutcome, postCancel, postMessage } from './http.js';
import { OutboxRunner } from './outbox-runner.js';
import { loadMessages, saveMessages } from './outbox-storage.js';

/** A message that the server has taken. */
export interface AcceptedRun {
  /** Null on a backend that does not name it. */
  readonly run_id: string | null;
  readonly message_id: string;
  readonly thread_id: string;
}

/** The server answers as soon as the message is durable; without an answer by then the client posts again. */
const ANSWER_TIMEOUT_MS = 15_000;
const CANCEL_ATTEMPTS = 6;

type AcceptedPost = Pick<AcceptedRun, 'run_id'>;

export class MessageSender {
  readonly #context: PluginContext;
  readonly #url: () => string | null | undefined;
  readonly #outbox: OutboxRunner<OutboxMessage, AcceptedPost, AcceptedRun>;
  #runs: RunsView = [];

  /** @param url where the server's HTTP routes are: null if it has none, undefined while that is not known */
  constructor(context: PluginContext, url: () => string | null | undefined) {
    this.#context = context;
    this.#url = url;
    this.#outbox = new OutboxRunner({
      environment: context.environment,
      noun: 'message',
      save: (thread_id, entries) => saveMessages(context.storage, thread_id, entries),
      post: (entry) => void this.#post(entry),
      onAccepted: ({ message_id, thread_id }, { run_id }) => {
        this.#show(accepted(this.#runs, message_id, run_id));
        return { run_id, message_id, thread_id };
      },
      onRefused: ({ message_id }, fault) => {
        this.#show(refusedToSend(this.#runs, message_id));
        return refusedError(fault);
      },
    });
  }

  /** Oldest first; the same object until something changes. */
  get runs(): RunsView {
    return this.#runs;
  }

  /** Goes on with what an earlier page has left unsent. */
  start(thread_id: string): void {
    const entries = loadMessages(this.#context.storage, thread_id);
    if (entries.length > 0) this.#outbox.dispatch({ type: 'restore', entries });
    this.#outbox.dispatch({ type: 'start' });
    for (const entry of entries) this.#show(sending(this.#runs, entry));
  }

  stop(): void {
    this.#outbox.dispatch({ type: 'stop' });
  }

  wake(): void {
    this.#outbox.dispatch({ type: 'wake' });
  }

  /** The thread is another one, or its history is void. */
  forgetHistory(): void {
    this.#show(withoutHistory(this.#runs));
  }

  /** Resolves when the server has taken the message. */
  send(entry: OutboxMessage): Promise<AcceptedRun> {
    return this.#outbox.send(entry, () => this.#show(sending(this.#runs, entry)));
  }

  /** The thread shows that a run has begun. */
  onRunStarted(data: unknown): void {
    const { run_id, message_id, user_input } = fieldsOf(data);
    if (typeof run_id !== 'string') return;
    this.#onMessageStarted(message_id, user_input, run_id);
    this.#show(seen(this.#runs, run_id, 'running'));
  }

  /** The thread shows that a run has ended, and how. */
  onRunFinished(data: unknown): void {
    const { run_id, status } = fieldsOf(data);
    if (typeof run_id === 'string' && isEndState(status)) {
      this.#show(seen(this.#runs, run_id, status));
    }
  }

  /** The thread shows that the message has arrived; the answer to its post may be late, or lost. */
  #onMessageStarted(message_id: unknown, user_input: unknown, run_id: string): void {
    const own = this.#runs.find((run) => run.message_id === message_id);
    if (typeof message_id !== 'string' || !own || own.run_id !== null) return;
    const [first] = this.#outbox.entries;
    if (first?.message_id !== message_id) this.#show(accepted(this.#runs, message_id, run_id));
    // Another message under the same name is the server's to refuse.
    else if (first.user_input === user_input) {
      const outcome = { kind: 'accepted', run_id } as const;
      this.#outbox.dispatch({ type: 'answered', entry: first, outcome, random: 0 });
    }
  }

  /** Resolves with whether it was cancelled; false if it had ended, or there is none. */
  async cancel(thread_id: string, run_id: string | undefined): Promise<boolean> {
    const open = this.#runs.findLast((run) => isOpen(run) && run.run_id !== null);
    const target = run_id ?? open?.run_id;
    if (typeof target !== 'string') return false;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#call((caller) => postCancel(caller, thread_id, target));
      if (outcome === NO_HTTP) throw refusedError(noRoutesFault);
      if (outcome === 'cancelled') return true;
      if (outcome === 'ended') return false;
      const fault = typeof outcome === 'object' ? outcome : undefined;
      const wantsAnother = fault && this.#wantsAnotherToken(fault);
      if (fault && !(wantsAnother && attempt <= TOKEN_RETRIES)) throw refusedError(fault);
      if (attempt === CANCEL_ATTEMPTS) throw noAnswerError('The run could not be cancelled');
      const wait = backoffMs(attempt - 1, this.#context.environment.random());
      await this.#sleep(wantsAnother && attempt === 1 ? 0 : wait);
    }
  }

  async #post(entry: OutboxMessage): Promise<void> {
    const { options, environment, log } = this.#context;
    const { user_id = null } = options;
    const answer = await this.#call((caller) => postMessage(caller, entry, user_id));
    const outcome = answer === NO_HTTP ? NO_ROUTES : this.#outcomeOf(answer);
    log('asked', entry.message_id, outcome);
    const random = environment.random();
    this.#outbox.dispatch({ type: 'answered', entry, outcome, random });
  }

  /** @param answer undefined if nothing was posted */
  #outcomeOf(answer: PostOutcome | undefined): PostOutcome {
    if (answer === undefined) return { kind: 'unanswered' };
    // A v1 backend does not know a message by its name.
    if (answer.kind === 'unanswered' && this.#context.state().v1) return UNKNOWN_FATE;
    const isRefused = answer.kind === 'refused' && this.#wantsAnotherToken(answer.fault);
    return isRefused ? { kind: 'token_refused', fault: answer.fault } : answer;
  }

  #wantsAnotherToken = ({ code }: Fault): boolean =>
    this.#context.state().settings.tokenRetries > 0 && wantsToken(code);

  /** Calls the server, for a limited time; undefined without a token, or while the address is not known. */
  async #call<T extends PostOutcome | CancelOutcome>(
    call: (caller: Caller) => Promise<T>,
  ): Promise<T | typeof NO_HTTP | undefined> {
    const { environment, options, state, emitError } = this.#context;
    const url = this.#url();
    // The next registration learns the address and wakes the outbox.
    if (url === undefined) return undefined;
    if (url === null) return NO_HTTP;
    let token: string | null;
    try {
      token = await this.#context.token();
    } catch (error) {
      // A registration in flight reports it itself.
      if (isFollowing(state())) emitError('no_token', (error as Error).message);
      return undefined;
    }
    const controller = new AbortController();
    const giveUp = environment.after(ANSWER_TIMEOUT_MS, () => controller.abort());
    const { signal } = controller;
    const { fetch = platformFetch } = options;
    return call({ fetch, url, token, signal }).finally(giveUp);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#context.environment.after(ms, resolve);
    });
  }

  #show(runs: RunsView): void {
    if (runs === this.#runs) return;
    this.#runs = runs;
    this.#context.statusChanged();
  }
}

const fieldsOf = (data: unknown) => (data ?? {}) as Partial<Record<string, unknown>>;

const UNKNOWN_FATE: PostOutcome = {
  kind: 'refused',
  fault: {
    code: 'unavailable',
    message: 'The v1 backend did not answer and takes a repeat as new. Check the thread first.',
    retryable: false,
  },
};

/** The outcome of a call on a server without HTTP routes. */
const NO_HTTP = Symbol('no HTTP routes');

const noRoutesFault: Fault = {
  code: 'bad_request',
  message:
    'This server has no HTTP routes, and messages are posted over HTTP. Mount them beside attachSessions: ' +
    'app.use(createHandler(sessions)), of @session-monitor/http. If they are elsewhere, give the monitor the option `url`.',
  retryable: false,
};

const NO_ROUTES: PostOutcome = { kind: 'refused', fault: noRoutesFault };

const platformFetch: Fetch = (url, init) => globalThis.fetch(url, init);

const refusedError = (reason: Fault): SessionMonitorError =>
  reason === noRoutesFault
    ? new SessionMonitorError('ERR_NO_HTTP', reason.message)
    : new SessionMonitorError('ERR_REFUSED', `${reason.message} (${reason.code})`);

export const noAnswerError = (what: string): SessionMonitorError =>
  new SessionMonitorError('ERR_NO_ANSWER', `${what}: the server does not answer.`);
