/** The shell: the core's events come in here, and what it wants done goes to the link, the clock and the app. */

import {
  eventOfMissedMessage,
  isReservedEvent,
  type Json,
  type ThreadEvents,
} from '@session-monitor/protocol';
import type { Effect, Notice } from './core/effects.js';
import type { Event, Happening } from './core/events.js';
import { initialState, isFollowing, type State } from './core/state.js';
import { step } from './core/step.js';
import { callSocketListeners, deliver, type EventMeta } from './delivery.js';
import { type Diagnostics, diagnose } from './diagnostics.js';
import { EffectRunner } from './effect-runner.js';
import { Emitter } from './emitter.js';
import { type Environment, platform } from './environment.js';
import { SessionMonitorError } from './errors.js';
import { Journal } from './journal.js';
import { describeReceipt, isMonitorEvent, type MonitorEvents } from './monitor-events.js';
import { checkOptions, checkThreadId, type SessionMonitorOptions } from './options.js';
import type { PageActivity } from './page-activity.js';
import { type AcceptedRun, Asker } from './sending/asker.js';
import { EventSender } from './sending/event-sender.js';
import {
  checkEvent,
  checkQuestion,
  type SendMessageOptions,
  type SendOptions,
} from './sending/messages.js';
import {
  type OpenSocket,
  openSocket,
  originOf,
  type SocketLike,
  SocketLink,
} from './socket-link.js';
import { type SessionMonitorStatus, sameStatus, statusOf } from './status.js';
import { loadSession, type SessionStorage, tabStorage } from './storage.js';
import { TransportWatch } from './transport-watch.js';

/** An app's event: its data, and where it stands in the thread. */
export type EventListener<Data = unknown> = (data: Data, meta: EventMeta) => void;
export type AnyEventListener = (event: string, data: unknown, meta: EventMeta) => void;
/** What an app's events are called and what they hold, if it says nothing of them. */
export type AnyEvents = Record<string, unknown>;
/** Any name for an app that has not said which there are, else none. */
type NameOf<AppEvents> = string extends keyof AppEvents ? string : never;

/**
 * Follows a thread over a Socket.IO client socket: every event of the thread reaches the app's
 * listeners once and in order, or `gap` and `reset` say what is missing.
 *
 *     const monitor = new SessionMonitor(socket, { thread_id: 'my-thread' }).start();
 *     socket.on('message', (data) => render(data));
 *
 * @typeParam AppEvents what the thread's events are called, and what each of them holds:
 *   `new SessionMonitor<{ message: { delta: string } }>(socket)`
 */
export class SessionMonitor<AppEvents extends object = AnyEvents> {
  readonly #socket: OpenSocket;
  readonly #link: SocketLink;
  readonly #options: SessionMonitorOptions;
  readonly #storage: SessionStorage | null;
  readonly #environment: Environment;
  readonly #notices = new Emitter<MonitorEvents>((error) => this.#listenerFailed(error));
  readonly #events = new Emitter<Record<string, EventListener<never>>>((error) =>
    this.#listenerFailed(error),
  );
  readonly #everything = new Emitter<{ readonly event: AnyEventListener }>((error) =>
    this.#listenerFailed(error),
  );
  readonly #effects: EffectRunner;
  readonly #asker: Asker;
  readonly #sender: EventSender;
  #state: State;
  #status: SessionMonitorStatus;
  #unwake: (() => void) | undefined;
  #unsleep: (() => void) | undefined;
  #page: PageActivity | null = null;
  readonly #journal = new Journal();
  readonly #transports: TransportWatch;

  /**
   * @param socket any Socket.IO 4 client socket, connected or not
   * @throws SessionMonitorError ERR_NOT_A_SOCKET, ERR_BAD_OPTION, ERR_BAD_THREAD_ID
   */
  constructor(
    socket: SocketLike,
    options: SessionMonitorOptions = {},
    environment: Environment = platform,
  ) {
    this.#socket = openSocket(socket);
    this.#options = options;
    this.#transports = new TransportWatch(() => this.#socket.io.opts ?? {});
    this.#environment = environment;
    this.#storage = options.storage === undefined ? tabStorage() : options.storage;
    this.#state = initialState(checkOptions(options), environment.instance());
    this.#asker = new Asker({
      environment,
      storage: this.#storage,
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      url: () => options.url?.replace(/\/+$/, '') ?? originOf(this.#socket),
      token: () => this.#token(),
      user_id: options.user_id ?? null,
      mayRepeat: () => this.#state.v1 === null,
      onChange: () => this.#publishStatus(),
      log: (...what) => this.#log(...what),
    });
    this.#sender = new EventSender({
      environment,
      storage: this.#storage,
      session: (thread) => this.#sessionOn(thread),
      request: (...message) => this.#link.request(...message),
    });
    this.#status = statusOf(this.#state, this.#asker.runs);
    this.#link = new SocketLink(this.#socket, {
      happened: (event) => this.#happen(event),
      heard: (event, data) => this.#heard(event, data),
      whispered: (ephemeral) => {
        if (this.#sessionOn(ephemeral.thread_id) !== null)
          this.#notices.emit('ephemeral', ephemeral);
      },
      counted: (direction, data) => this.#transports.count(direction, data),
      rubbish: (event) => this.#complain(`The server sent a '${event}' that cannot be read.`),
    });
    this.#effects = new EffectRunner({
      ...{ link: this.#link, environment, storage: this.#storage },
      state: () => this.#state,
      token: () => this.#token(),
      clientInfo: () => this.#page?.info(),
      happened: (event) => this.#happen(event),
      complain: (message) => this.#complain(message),
    });
  }

  /**
   * Begins to follow a thread, connecting the socket if it is not. Following another thread ends.
   *
   * @param thread_id left out, the one given to the constructor, or followed before
   * @throws SessionMonitorError ERR_NO_THREAD_ID, ERR_BAD_THREAD_ID
   */
  start(thread_id?: string): this {
    const thread = thread_id ?? this.#threadOr('There is no thread to follow.');
    checkThreadId(thread);
    if (thread !== this.#state.thread_id) this.#asker.forgetHistory();
    this.#unwake ??= this.#environment.onWake(() => {
      this.#asker.wake();
      this.#happen({ type: 'wake' });
    });
    this.#unsleep ??= this.#environment.onSleep(() => this.#happen({ type: 'sleep' }));
    if (this.#options.activity !== false) this.#page ??= this.#environment.watchPage();
    // Listening comes first: what the socket is already doing is known when the core starts.
    this.#link.attach();
    const saved = loadSession(this.#storage, thread);
    const { thread_id: own, cursor } = this.#options;
    const checkpoint = cursor !== undefined && thread === own ? { checkpoint: cursor } : {};
    this.#happen({ type: 'start', thread_id: thread, saved, ...checkpoint });
    this.#asker.start(thread);
    this.#sender.start(thread);
    return this;
  }

  /**
   * Asks for a reply on the thread. The question is posted under a name of its own until the server has it,
   * however long the network is away, and after a reload where there is `storage`; it is asked once. Questions
   * leave in order, while the monitor is started. Resolves when the server has taken it: the reply comes with
   * the thread's events, and in `status.runs`.
   *
   * Rejects with SessionMonitorError ERR_REFUSED, ERR_NOT_SENT.
   *
   * @throws SessionMonitorError ERR_BAD_MESSAGE, ERR_NO_THREAD_ID
   */
  sendMessage(user_input: string, options: SendMessageOptions = {}): Promise<AcceptedRun> {
    checkQuestion(user_input, options);
    const thread_id = this.#threadOr('There is no thread to ask on.');
    const { message_id = this.#environment.instance(), policy } = options;
    return this.#asker.ask({ message_id, thread_id, user_input, ...(policy && { policy }) });
  }

  /**
   * Ends a reply of the thread for everybody: the one named, or the newest that is open. Resolves with whether
   * it was cancelled; false if it had ended, or there is none. Rejects with ERR_REFUSED, ERR_NO_ANSWER.
   *
   * @throws SessionMonitorError ERR_NO_THREAD_ID
   */
  cancel(run_id?: string): Promise<boolean> {
    return this.#asker.cancel(this.#threadOr('There is no thread.'), run_id);
  }

  /**
   * Publishes an event of the app to the thread, once, however often it has to be sent; events keep their
   * order. Resolves with its offset once it is durable. Like a question it waits for the network, and is sent
   * by the next page where there is `storage`.
   *
   * Rejects with SessionMonitorError ERR_REFUSED, ERR_NOT_SENT.
   *
   * @param data any JSON value
   * @throws SessionMonitorError ERR_BAD_MESSAGE, ERR_NO_THREAD_ID
   */
  send(event: string, data: Json, options: SendOptions = {}): Promise<number> {
    checkEvent(event, data, options);
    const thread_id = this.#threadOr('There is no thread to publish to.');
    const { message_id = this.#environment.instance() } = options;
    if (this.#state.v1) {
      const message = 'A backend that speaks v1 takes no events from a client.';
      return Promise.reject(new SessionMonitorError('ERR_REFUSED', message));
    }
    return this.#sender.send({ message_id, thread_id, event, data });
  }

  /**
   * Tells an event to whoever follows the thread at this moment: typing, progress. Nothing is kept: without a
   * network, or to somebody who is away, it is not told. Others hear it by `on('ephemeral', …)`.
   *
   * @throws SessionMonitorError ERR_BAD_MESSAGE, ERR_NO_THREAD_ID
   */
  sendEphemeral(event: string, data: Json): void {
    checkEvent(event, data);
    const thread_id = this.#threadOr('There is no thread to tell it on.');
    this.#sender.whisper({ message_id: this.#environment.instance(), thread_id, event, data });
  }

  /** Ends the following. Nothing reaches a listener afterwards. The socket stays as it is. */
  stop(): this {
    this.#asker.stop();
    this.#sender.stop();
    this.#happen({ type: 'stop' });
    this.#link.detach();
    this.#unwake?.();
    this.#unwake = undefined;
    this.#unsleep?.();
    this.#unsleep = undefined;
    this.#page?.stop();
    this.#page = null;
    return this;
  }

  /**
   * Listens to what happens to the session (`registered`, `gap`, `reset`, `expired`, `taken_over`,
   * `draining`, `transport`, `protocol_downgrade`, `error`, `failed`, `status`) or to the thread's
   * events by their names. An app event
   * that bears one of those names is heard by `socket.on`. Returns the unsubscribe.
   */
  on<Name extends keyof MonitorEvents>(name: Name, listener: MonitorEvents[Name]): () => void;
  on<Name extends keyof AppEvents & string>(
    event: Name,
    listener: EventListener<AppEvents[Name]>,
  ): () => void;
  on<Data = unknown>(event: NameOf<AppEvents>, listener: EventListener<Data>): () => void;
  on(name: string, listener: (...args: never[]) => void): () => void {
    return isMonitorEvent(name)
      ? this.#notices.on(name, listener as MonitorEvents[typeof name])
      : this.#events.on(name, listener as EventListener<never>);
  }

  /**
   * Listens to every event of the thread, whatever its name, after the listeners of that name; to
   * nothing of the protocol's own. Returns the unsubscribe.
   */
  onAny(listener: AnyEventListener): () => void {
    return this.#everything.on('event', listener);
  }

  /** A snapshot; the same object until something changes. */
  get status(): SessionMonitorStatus {
    return this.#status;
  }

  /**
   * Where the app is: to be saved together with what it has made of the events so far, and given to the
   * next monitor as `cursor`. Null before the first receipt and while events are being handed over: save
   * when `status` changes, not from within an event's listener.
   */
  checkpoint(): string | null {
    const { inbox, pending } = this.#state;
    return inbox && !pending ? inbox.cursor : null;
  }

  /**
   * Calls back with the status, now and whenever it has changed: a store as Svelte expects one. Returns the
   * unsubscribe.
   */
  subscribe(onStatus: (status: SessionMonitorStatus) => void): () => void {
    const unsubscribe = this.#notices.on('status', onStatus);
    onStatus(this.#status);
    return unsubscribe;
  }

  /** A plain object that a user can paste into a bug report: no token, no secret, no event. */
  diagnostics(): Diagnostics {
    const { now, wall } = this.#environment;
    return diagnose({
      ...{ state: this.#state, status: this.#status, options: this.#options },
      hasStorage: this.#storage !== null,
      transport: this.#transports.summary(now()),
      page: this.#page?.info() ?? null,
      journal: this.#journal.lines,
      ...{ now: now(), wall: wall() },
    });
  }

  /** The thread that is followed, or will be. */
  #threadOr(complaint: string): string {
    const thread = this.#state.thread_id ?? this.#options.thread_id;
    if (thread !== undefined) return thread;
    throw new SessionMonitorError(
      'ERR_NO_THREAD_ID',
      `${complaint} Call start('my-thread'), or give { thread_id } to the constructor.`,
    );
  }

  /** The session that follows a thread at this moment. */
  #sessionOn(thread_id: string): string | null {
    const { session, v1 } = this.#state;
    const here = isFollowing(this.#state) && !v1 && this.#state.thread_id === thread_id;
    return here ? (session?.id ?? null) : null;
  }

  async #token(): Promise<string | null> {
    const { token } = this.#options;
    return (typeof token === 'function' ? await token() : token) ?? null;
  }

  #happen(happening: Happening): void {
    const { now, wall, random } = this.#environment;
    this.#transports.see(happening, now(), wall());
    const event = { ...happening, now: now(), random: random() } as Event;
    const before = this.#state;
    const { state, effects } = step(before, event);
    this.#state = state;
    if (state.phase !== before.phase) {
      this.#log(`${before.phase} -> ${state.phase} (${event.type})`, state.link.transport ?? '');
    }
    for (const effect of effects) this.#run(effect);
    this.#publishStatus();
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'deliver':
        this.#deliver(effect);
        return;
      case 'hand_on':
        this.#handOn(effect.messages);
        return;
      case 'notify':
        this.#notify(effect.notice);
        return;
      default:
        this.#effects.run(effect);
    }
  }

  /** On a backend that speaks v1 the app's events come by themselves. */
  #heard(event: string, data: unknown): void {
    const { v1, thread_id } = this.#state;
    if (!v1 || thread_id === null || !isFollowing(this.#state) || isReservedEvent(event)) return;
    this.#hand(event, data, { event, thread_id, epoch: '', offset: 0, span: 1 });
  }

  /** Calls the listeners that the app has registered with the monitor itself. */
  #hand(event: string, data: unknown, meta: EventMeta): void {
    this.#asker.see(event, data);
    this.#events.emit(event, data, meta);
    this.#everything.emit('event', event, data, meta);
  }

  /** Missed messages that a v1 backend sends in one piece; the app gets them one by one. */
  #handOn(messages: readonly Json[]): void {
    const onError = (error: unknown) => this.#listenerFailed(error);
    for (const message of messages) {
      // The app may stop the monitor from within a listener.
      if (!isFollowing(this.#state)) return;
      callSocketListeners(this.#socket, eventOfMissedMessage(message), message, onError);
    }
  }

  #deliver(delivery: { frame: ThreadEvents; skip: number; from: number }): void {
    const { frame } = delivery;
    const { thread_id } = frame;
    const mayGoOn = () => isFollowing(this.#state) && this.#state.thread_id === thread_id;
    const onError = (error: unknown) => this.#listenerFailed(error);
    const delivered = deliver(delivery, mayGoOn, (event, data, meta) => {
      callSocketListeners(this.#socket, event, data, onError);
      this.#hand(event, data, meta);
    });
    this.#happen({ type: 'delivered', frame, ...delivered });
  }

  #notify({ name, payload }: Notice): void {
    this.#log(name, name === 'registered' ? describeReceipt(payload) : payload);
    if (name === 'reset') this.#asker.forgetHistory();
    if (name === 'registered') {
      this.#asker.wake();
      this.#sender.wake();
    }
    if (name === 'error' && !this.#notices.has('error')) {
      console.warn(`[SessionMonitor] ${payload.code}: ${payload.message}`);
    }
    this.#notices.emit(name, payload);
  }

  #publishStatus(): void {
    const status = statusOf(this.#state, this.#asker.runs);
    if (sameStatus(status, this.#status)) return;
    this.#status = status;
    this.#notices.emit('status', status);
  }

  #complain(message: string): void {
    this.#notify({ name: 'error', payload: { code: 'protocol_error', message } });
  }

  /** The app's mistake, told as such; the events go on. */
  #listenerFailed(error: unknown): void {
    console.error('[SessionMonitor] A listener threw:', error);
  }

  #log(...what: readonly unknown[]): void {
    this.#journal.write(this.#environment.wall(), what);
    if (this.#options.debug) console.debug('[SessionMonitor]', ...what);
  }
}
