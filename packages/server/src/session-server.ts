/** The app's interface to the sessions, threads and runs of a Socket.IO server. */

import {
  type Json,
  parseRevocation,
  parseThreadChange,
  parseThreadId,
  parseThreadsQuery,
  type Result,
  type Revocation,
  type ThreadChange,
  type ThreadSummary,
  type ThreadsPage,
  type ThreadsQuery,
} from '@session-monitor/protocol';
import type { RevocationOutcome } from './nodes/revoker.js';
import type { Producer, Responder } from './responders/responder.js';
import { type MessageOptions, messageRequest, type RunMessage } from './runs/message-request.js';
import { Run } from './runs/run.js';
import type { RunRequest } from './runs/run-id.js';
import type { RunSummary } from './runs/runs.js';
import { SessionEngine } from './session-engine.js';
import { forgetSessions } from './sessions/disconnect-handler.js';
import { type HistoryOptions, readHistory, type Turn } from './threads/history.js';
import {
  checkEphemeral,
  type PublishOptions,
  publish,
  requireThreadId,
} from './threads/publish.js';
import { type LogEntry, type ReadOptions, readLog } from './threads/read-log.js';
import { ServerError, unwrap } from './util/errors.js';

/** What the server holds in memory now; all zero once every client has left (I12). */
export interface SessionServerStats {
  readonly connections: number;
  readonly sessions: number;
  readonly threads: number;
  readonly runs: number;
}

/** What `attachSessions` returns: publish, send messages, produce replies, read, list, erase, drain, close. */
export class SessionServer extends SessionEngine {
  /**
   * Appends an event to a thread and resolves with its offset once it is durable. Every subscriber of the thread
   * receives it, now or after it reconnects.
   *
   * @param data any JSON value
   * @throws ServerError ERR_PUBLISH, ERR_PUBLISH_UNKNOWN, ERR_STORE_FAILED
   */
  publish(
    thread_id: string,
    event: string,
    data: unknown,
    options?: PublishOptions,
  ): Promise<number> {
    return publish(this.internals.store.logs, thread_id, event, data, options);
  }

  /**
   * Sends an ephemeral event to the current subscribers of a thread: typing, progress. It is not appended, has no
   * offset and is not replayed. The server drops it for a connection that cannot take it at once.
   *
   * @param data any JSON value
   * @throws ServerError ERR_PUBLISH
   */
  publishEphemeral(thread_id: string, event: string, data: Json): void {
    checkEphemeral(thread_id, event, data);
    this.internals.registry.publishEphemeral({ thread_id, event, data });
  }

  /**
   * Sends a user's message to a thread, as `POST /havefun` does: the server publishes the responder's reply to all
   * subscribers of the thread. Resolves when the message is durable; the reply continues after that. A repeated
   * `message_id` resolves with the existing run.
   *
   * @throws ServerError ERR_BAD_MESSAGE; ERR_REFUSED (`fault` says why: no_responder, thread_busy, limit_reached,
   *   message_id_reused, draining); ERR_STORE_UNAVAILABLE
   */
  async sendMessage(
    thread_id: string,
    message: string,
    options: MessageOptions = {},
  ): Promise<Run> {
    return this.#submit(messageRequest(thread_id, message, options));
  }

  /**
   * Publishes a reply that the app itself produces, with all features of a responder's reply: `run_started` to
   * `run_finished`, `interrupted` after a crash, cancellation, compaction, a lease. The producer runs at the message's
   * turn, in the caller's async context. It is never called for a `message_id` that already has a run.
   *
   *     const run = await sessions.run(thread_id, { message_id, message }, async function* ({ signal }) {
   *       for await (const token of model.stream(message, { signal })) yield token;
   *     });
   *
   * @throws ServerError as `sendMessage`
   */
  async run(
    thread_id: string,
    { message, ...options }: RunMessage,
    producer: Producer,
  ): Promise<Run> {
    if (typeof producer !== 'function') {
      throw new ServerError(
        'ERR_BAD_MESSAGE',
        'The third argument of run() is a function that returns an async iterable.',
      );
    }
    const responder: Responder = (_request, context) => producer(context);
    return this.#submit({ ...messageRequest(thread_id, message, options), responder });
  }

  /**
   * Cancels a run for all clients of the thread: the named one, or the newest open one. Resolves with whether it was
   * cancelled: false if it had ended, or there is none.
   */
  async cancel(thread_id: string, run_id?: string): Promise<boolean> {
    requireThreadId(thread_id);
    await this.ready;
    const target =
      run_id ?? (await this.runs(thread_id)).find(({ status }) => status === 'running')?.run_id;
    if (target === undefined) return false;
    const cancelled = await this.internals.runs.cancel(thread_id, target);
    return cancelled.ok;
  }

  /** The runs of a thread that the store still has, newest first. */
  async runs(thread_id: string): Promise<readonly RunSummary[]> {
    requireThreadId(thread_id);
    await this.ready;
    return this.internals.runs.list(thread_id);
  }

  /** The conversation on a thread, oldest first: the newest turns that fit into `maxBytes` (default 16 KiB of text). */
  history(thread_id: string, options?: HistoryOptions): Promise<readonly Turn[]> {
    requireThreadId(thread_id);
    const { store, turns } = this.internals;
    return readHistory({ logs: store.logs, turns }, thread_id, undefined, options);
  }

  /**
   * Reads a thread's events in order, from its beginning to its current head. With `follow` it also yields new events,
   * until the loop is left, the signal is aborted or the server closes.
   *
   *     for await (const entry of sessions.read('my-thread')) if (entry.type === 'event') …
   */
  read(thread_id: string, options: ReadOptions = {}): AsyncIterable<LogEntry> {
    requireThreadId(thread_id);
    return this.#read(thread_id, options);
  }

  #read(log_id: string, options: ReadOptions): AsyncIterable<LogEntry> {
    const { threads, store, endings } = this.internals;
    return readLog({ threads, logs: store.logs, endings }, log_id, options);
  }

  async #submit(request: RunRequest): Promise<Run> {
    const { runs, store, tracing } = this.internals;
    const origin = tracing?.called();
    await this.ready;
    const span = origin?.message(request);
    const { record } = unwrap(await runs.submit({ ...request, span }));
    return new Run(record, {
      read: (log_id, options) => this.#read(log_id, options),
      cancel: (...run) => this.cancel(...run),
      find: (run) => store.runs.get(run),
    });
  }

  /**
   * Erases a thread: its log, its replies (running ones end first), and its disconnected sessions. A connected session
   * gets a `reset` with reason `deleted`, and follows the new, empty thread.
   *
   * @throws ServerError ERR_CLOSED
   */
  async deleteThread(thread_id: string): Promise<void> {
    requireThreadId(thread_id);
    await this.ready;
    // The store may be closed once the server is: an erasure completes, or does not begin.
    if (this.closing)
      throw new ServerError('ERR_CLOSED', 'The server is closed. Nothing is erased.');
    const { runs, store, trace, sessionTrace } = this.internals;
    await runs.erase(thread_id, async () => {
      await store.logs.delete(thread_id);
      await forgetSessions(store.sessions, thread_id);
    });
    trace('erase', { thread_id });
    await sessionTrace.erase(thread_id);
  }

  /**
   * Ends everything that a user is served, on every server of the store: sessions in both dialects, streams over HTTP,
   * ephemeral events. Their clients come back and are asked by `authorize`, which must refuse them from now on.
   *
   * @throws ServerError ERR_REVOCATION for an invalid user_id, ERR_CLOSED
   */
  revokeUser(user_id: string): Promise<RevocationOutcome> {
    return this.#revoke({ user_id });
  }

  /** The same for one session. What its client presents to resume it is void afterwards. */
  revokeSession(session_id: string): Promise<RevocationOutcome> {
    return this.#revoke({ session_id });
  }

  /** The same for all followers of a thread. */
  revokeThread(thread_id: string): Promise<RevocationOutcome> {
    return this.#revoke({ thread_id });
  }

  async #revoke(fields: Revocation): Promise<RevocationOutcome> {
    const parsed = parseRevocation(fields);
    if (!parsed.ok) throw new ServerError('ERR_REVOCATION', parsed.fault.message);
    await this.#listable();
    return this.internals.revoker.revoke(parsed.value);
  }

  /**
   * Reads a page of the list of threads, newest activity first. It does not ask `authorize`.
   *
   * @param query `user_id`: only threads of this owner; leave it out for all threads. `cursor`: the `cursor` of the page
   *   before. `limit`: 1 to 200 threads, default 50
   * @throws ServerError ERR_THREAD, ERR_CLOSED
   */
  async threads(query: ThreadsQuery = {}): Promise<ThreadsPage> {
    // A missing user must not list all threads.
    if ('user_id' in query && typeof query.user_id !== 'string') {
      const problem = `user_id is ${query.user_id}. Allowed: a string; leave it out to list all threads.`;
      throw new ServerError('ERR_THREAD', problem);
    }
    const parsed = taken(parseThreadsQuery(query));
    await this.#listable();
    return this.internals.threadList.page(parsed);
  }

  /**
   * Reads a thread of the list. Resolves with undefined if the thread is not in the list.
   *
   * @throws ServerError ERR_THREAD for an invalid thread id, ERR_CLOSED
   */
  async thread(thread_id: string): Promise<ThreadSummary | undefined> {
    const id = taken(parseThreadId(thread_id));
    await this.#listable();
    const found = await this.internals.threadList.get(id);
    return found.ok ? found.value : undefined;
  }

  /**
   * Changes a thread's title, metadata or owner. Enters a thread that has events and is not in the list. Resolves with
   * the changed thread once it is durable.
   *
   * @param change fields that are left out stay. `title`: 1 to 256 characters, null removes it. `metadata`: a JSON
   *   object of at most 4 KiB, replaces the former object. `user_id`: the owner, null for none
   * @throws ServerError ERR_THREAD for an invalid change; ERR_REFUSED (`fault.code` is thread_unknown) for a
   *   thread without events; ERR_CLOSED
   */
  async updateThread(thread_id: string, change: ThreadChange): Promise<ThreadSummary> {
    const id = taken(parseThreadId(thread_id));
    const parsed = taken(parseThreadChange(change));
    await this.#listable();
    return taken(await this.internals.threadList.update(id, parsed));
  }

  /** What the server holds in memory now; all zero once every client has left (I12). */
  stats(): SessionServerStats {
    const { connections, registry, threads, runs } = this.internals;
    return {
      connections: connections.size,
      sessions: registry.size,
      threads: threads.size,
      runs: runs.size,
    };
  }

  /** Resolves when recovery is over. @throws ServerError ERR_CLOSED: the store may be closed by then */
  async #listable(): Promise<void> {
    await this.ready;
    if (this.closing) throw new ServerError('ERR_CLOSED', 'The server is closed.');
  }
}

/** The value of a result. @throws ServerError ERR_THREAD for bad input, ERR_REFUSED for an unknown thread */
function taken<T>(result: Result<T>): T {
  if (result.ok || result.fault.code === 'thread_unknown') return unwrap(result);
  const { fault } = result;
  throw new ServerError('ERR_THREAD', fault.message, { fault });
}
