/** Messages on their way to the server, posted over HTTP: with the waiting callers and what is known of their runs. */

import { type Fault, RUN_EVENTS, wantsToken } from '@session-monitor/protocol';
import { backoffMs, TOKEN_RETRIES } from '../core/backoff.js';
import { MAX_OUTBOX_ENTRIES, type OutboxMessage, type PostOutcome } from '../core/outbox.js';
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
import { SessionMonitorError } from '../errors.js';
import type { Environment, Fetch } from '../platform/environment.js';
import type { SessionStorage } from '../platform/storage.js';
import { type Caller, type CancelOutcome, postCancel, postMessage } from './http.js';
import { loadMessages, saveMessages } from './message-storage.js';
import { OutboxRunner } from './outbox-runner.js';

/** A message that the server has taken. */
export interface AcceptedRun {
  /** Null on a backend that does not name it. */
  readonly run_id: string | null;
  readonly message_id: string;
  readonly thread_id: string;
}

export interface MessageSenderDeps {
  readonly environment: Environment;
  readonly storage: SessionStorage | null;
  readonly fetch: Fetch;
  /** Null if the server has no routes; undefined while that is not known. */
  readonly url: () => string | null | undefined;
  readonly token: () => Promise<string | null>;
  /** How many further tokens a message tries. */
  readonly tokenRetries: number;
  /** The app gave no token, and why. */
  readonly onNoToken: (message: string) => void;
  readonly user_id: string | null;
  /** Whether a message may be posted again under its name: only where the server knows names. */
  readonly mayRepeat: () => boolean;
  readonly onChange: () => void;
  readonly log: (...what: readonly unknown[]) => void;
}

/** The server answers as soon as the message is durable; without an answer by then the client posts again. */
const ANSWER_TIMEOUT_MS = 15_000;
const CANCEL_ATTEMPTS = 6;

type AcceptedPost = Pick<AcceptedRun, 'run_id'>;

interface Waiting {
  readonly resolve: (run: AcceptedRun) => void;
  readonly reject: (error: SessionMonitorError) => void;
}

export class MessageSender {
  readonly #deps: MessageSenderDeps;
  /** The callers that wait for an answer. A message of an earlier page has none. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #outbox: OutboxRunner<OutboxMessage, AcceptedPost>;
  #runs: RunsView = [];

  constructor(deps: MessageSenderDeps) {
    this.#deps = deps;
    const { environment, storage } = deps;
    this.#outbox = new OutboxRunner({
      environment,
      save: (thread_id, entries) => saveMessages(storage, thread_id, entries),
      post: (entry) => void this.#post(entry),
      settle: (entry, outcome) => this.#settle(entry, outcome),
    });
  }

  /** Oldest first; the same object until something changes. */
  get runs(): RunsView {
    return this.#runs;
  }

  /** Goes on with what an earlier page has left unsent. */
  start(thread_id: string): void {
    const entries = loadMessages(this.#deps.storage, thread_id);
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
    if (this.#outbox.entries.length >= MAX_OUTBOX_ENTRIES) {
      const message = `${MAX_OUTBOX_ENTRIES} messages wait for the network. Send again when some are sent.`;
      return Promise.reject(new SessionMonitorError('ERR_NOT_SENT', message));
    }
    if (this.#waiting.has(entry.message_id)) {
      const message = `The message '${entry.message_id}' is already being sent. Wait for its result.`;
      return Promise.reject(new SessionMonitorError('ERR_NOT_SENT', message));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.set(entry.message_id, { resolve, reject });
      this.#show(sending(this.#runs, entry));
      this.#outbox.dispatch({ type: 'add', entry });
    });
  }

  /** Learns from an event of the thread. */
  onEvent(event: string, data: unknown): void {
    if (event !== RUN_EVENTS.started && event !== RUN_EVENTS.finished) return;
    const { run_id, message_id, user_input, status } = (data ?? {}) as Partial<
      Record<string, unknown>
    >;
    if (typeof run_id !== 'string') return;
    if (event === RUN_EVENTS.started) {
      this.#onMessageStarted(message_id, user_input, run_id);
      this.#show(seen(this.#runs, run_id, 'running'));
    } else if (isEndState(status)) this.#show(seen(this.#runs, run_id, status));
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
      const wait = backoffMs(attempt - 1, this.#deps.environment.random());
      await this.#sleep(wantsAnother && attempt === 1 ? 0 : wait);
    }
  }

  async #post(entry: OutboxMessage): Promise<void> {
    const { user_id, environment, log } = this.#deps;
    const answer = await this.#call((caller) => postMessage(caller, entry, user_id));
    const outcome = answer === NO_HTTP ? NO_ROUTES : this.#outcomeOf(answer);
    log('asked', entry.message_id, outcome);
    const random = environment.random();
    this.#outbox.dispatch({ type: 'answered', entry, outcome, random });
  }

  /** @param answer undefined if nothing was posted */
  #outcomeOf(answer: PostOutcome | undefined): PostOutcome {
    if (answer === undefined) return { kind: 'unanswered' };
    if (answer.kind === 'unanswered' && !this.#deps.mayRepeat()) return UNKNOWN_FATE;
    const isRefused = answer.kind === 'refused' && this.#wantsAnotherToken(answer.fault);
    return isRefused ? { kind: 'token_refused', fault: answer.fault } : answer;
  }

  #wantsAnotherToken = ({ code }: Fault): boolean =>
    this.#deps.tokenRetries > 0 && wantsToken(code);

  #settle({ message_id, thread_id }: OutboxMessage, outcome: PostOutcome): void {
    const waiting = this.#waiting.get(message_id);
    this.#waiting.delete(message_id);
    if (outcome.kind === 'accepted') {
      const { run_id } = outcome;
      this.#show(accepted(this.#runs, message_id, run_id));
      waiting?.resolve({ run_id, message_id, thread_id });
    } else if (outcome.kind === 'refused') {
      this.#show(refusedToSend(this.#runs, message_id));
      waiting?.reject(refusedError(outcome.fault));
    }
  }

  /** Calls the server, for a limited time; undefined without a token, or while the address is not known. */
  async #call<T extends PostOutcome | CancelOutcome>(
    call: (caller: Caller) => Promise<T>,
  ): Promise<T | typeof NO_HTTP | undefined> {
    const { environment, fetch, onNoToken } = this.#deps;
    const url = this.#deps.url();
    // The next registration learns the address and wakes the outbox.
    if (url === undefined) return undefined;
    if (url === null) return NO_HTTP;
    let token: string | null;
    try {
      token = await this.#deps.token();
    } catch (error) {
      onNoToken((error as Error).message);
      return undefined;
    }
    const controller = new AbortController();
    const giveUp = environment.after(ANSWER_TIMEOUT_MS, () => controller.abort());
    const { signal } = controller;
    return call({ fetch, url, token, signal }).finally(giveUp);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.environment.after(ms, resolve);
    });
  }

  #show(runs: RunsView): void {
    if (runs === this.#runs) return;
    this.#runs = runs;
    this.#deps.onChange();
  }
}

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

const refusedError = (reason: Fault): SessionMonitorError =>
  reason === noRoutesFault
    ? new SessionMonitorError('ERR_NO_HTTP', reason.message)
    : new SessionMonitorError('ERR_REFUSED', `${reason.message} (${reason.code})`);

const noAnswerError = (what: string): SessionMonitorError =>
  new SessionMonitorError('ERR_NO_ANSWER', `${what}: the server does not answer.`);
