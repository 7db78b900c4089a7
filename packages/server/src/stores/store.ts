/**
 * The store contract: where logs, the list of threads, sessions and runs live. An implementation passes the conformance
 * suite in `testing/`. Everything that a server keeps across a restart goes through here.
 *
 * Rules that the suite checks and the rest of the server relies on:
 *
 * - A write's promise resolves only when the write is as durable as the store can make it (I1). Until then the write
 *   is not readable: `head` and `read` return only confirmed appends.
 * - Within an epoch offsets are 1, 2, 3 … without holes (I2). A batch's tag is never reused.
 * - An append is atomic. The same `message_id` on the same thread is appended once (I8).
 * - After a write that failed for good the store refuses every further write, and the server must stop.
 */

import type { ThreadChange, ThreadMetadata, Transport } from '@session-monitor/protocol';
import type { Expiry, RunStatus } from '@session-monitor/protocol/rules';
import type { Retention } from '../core/retention.js';
import type { EventBatch } from './event-batch.js';

/** How far a thread's log goes. */
export interface ThreadHead {
  readonly epoch: string;
  /** The durable head: the last confirmed offset, 0 for none. */
  readonly offset: number;
  /** The tag of the batch that holds `offset`. */
  readonly tag: string;
  /** Events up to and including this offset are gone; 0 if none are. */
  readonly base: number;
  /** The tag of the batch that held `base`. */
  readonly baseTag: string;
  /** The incarnation before this one, for readers that still have its cursor. */
  readonly previous?: {
    readonly epoch: string;
    readonly reason: 'deleted';
    /** When it ended, in wall milliseconds. Absent if an earlier version ended it. */
    readonly at?: number;
  };
}

/** How an append is named and fenced. */
export interface AppendOptions {
  /** The sender's id for this append. It is appended at most once per thread while the log is kept (I8). */
  readonly message_id?: string;
  /** Append only while the run is open and this token is its newest (I7). */
  readonly fence?: Fence;
  /** Enters the thread in the list of threads atomically with the append. Not for the private log of a run. */
  readonly touch?: ThreadTouch;
  /**
   * What the followers of the log get with the append, on every node, for traces: at most 100 characters, without spaces
   * and commas. It is not stored, and a follower that misses the append's wake-up misses it.
   */
  readonly mark?: string | undefined;
}

/** The mark of an append that has moved the head. */
export interface AppendMark {
  /** The offset of the append's last event. */
  readonly offset: number;
  readonly mark: string;
}

/**
 * What an append changes in the thread's entry in the list of threads. It creates a missing entry. An append that
 * writes no event does not change the entry either.
 */
export interface ThreadTouch {
  /** Sets the last activity to now. A new entry always gets it. */
  readonly active?: boolean;
  /** The owner of a thread that has none. */
  readonly user_id?: string;
  /** The title of a thread whose title was never set or removed. */
  readonly title?: string;
}

/** Binds an append to an open run and to its newest owner. */
export interface Fence {
  /** A run of the log's thread: see `threadOfLog`. */
  readonly run_id: string;
  readonly token: number;
  /**
   * Opens the run atomically with the append, with token 1, so that no run exists without its first event. Fenced if
   * the run exists already.
   */
  readonly start?: NewRun;
  /** Closes the run atomically with the append. The store then fences every later append of the run. */
  readonly finish?: RunStatus;
}

export type AppendOutcome =
  | {
      readonly outcome: 'appended';
      readonly epoch: string;
      readonly first: number;
      readonly last: number;
    }
  /** The message id was appended before, at these offsets. Nothing was written. */
  | {
      readonly outcome: 'duplicate';
      readonly epoch: string;
      readonly first: number;
      readonly last: number;
    }
  /** The fence is closed or another token holds it. Nothing was written. */
  | { readonly outcome: 'fenced' }
  /** The store cannot tell whether it was written. Ask again with the same message id. */
  | { readonly outcome: 'unknown'; readonly cause: Error };

/** One event that stands for those at several offsets, for readers that have none of them yet. */
export interface CompactedRange {
  readonly first: number;
  readonly last: number;
  /** As it is encoded: `["name",data]`. */
  readonly event: string;
}

/** How much one read of a log returns. */
export interface ReadLimits {
  /** At least one batch is returned, however large, if there is any. */
  readonly maxBytes: number;
  /** Read a compacted range in place of its events, where the reader is at the beginning of the range. */
  readonly compacted?: boolean | undefined;
  /**
   * The caller follows the log: return nothing past the head that it has heard of. What lies beyond may be lost before the
   * caller hears of it.
   */
  readonly followed?: boolean;
}

/** What one read of a log has found. */
export interface ReadOutcome {
  readonly head: ThreadHead;
  /**
   * Consecutive batches. The first holds `after + 1`, or is the first one kept if that is gone (then
   * `head.base > after`). Empty at the head.
   */
  readonly batches: readonly EventBatch[];
}

/** Where an offset is in its log. */
export interface Location {
  readonly head: ThreadHead;
  /** The tag of the batch that holds the offset; undefined if it is trimmed or past the head. */
  readonly tag?: string;
}

/** How far a log was trimmed. */
export interface TrimOutcome {
  readonly base: number;
  /** Whether there is more to trim. A trim stops early so that it does not delay other writes. */
  readonly more: boolean;
}

/**
 * @param batch the batch that moved the head, if the store has it in memory. It begins at the offset after the
 *   previous head
 * @param diverged the log has lost events up to the head that was announced last. A reader that is past the loss may
 *   have read other events than the log holds now
 * @param marks those of the appends that moved the head, as far as the store knows them; undefined for none
 */
export type HeadListener = (
  head: ThreadHead,
  batch?: EventBatch,
  diverged?: boolean,
  marks?: readonly AppendMark[],
) => void;

/** The logs of a store. */
export interface LogStore {
  /** The thread's head; creates the thread, with a new epoch, if there is none. */
  open(thread_id: string): Promise<ThreadHead>;
  /** The thread's head, or undefined for a thread that was never opened or appended to. */
  head(thread_id: string): Promise<ThreadHead | undefined>;
  /** Appends encoded events (`["name",data]`), creating the thread if there is none. */
  append(
    thread_id: string,
    events: readonly string[],
    options?: AppendOptions,
  ): Promise<AppendOutcome>;
  /** The batches after an offset, up to the durable head. */
  read(thread_id: string, after: number, limits: ReadLimits): Promise<ReadOutcome>;
  /** Where an offset is, to check a cursor's tag. The base has one, too. */
  locate(thread_id: string, offset: number): Promise<Location>;
  /**
   * Adds compacted ranges over events of an incarnation. The log keeps the events for readers inside a range. Does
   * nothing if the thread has another incarnation by now, or if the log has lost what was read.
   *
   * @param seen the heads of the reads that the ranges were made from
   */
  compact(
    thread_id: string,
    epoch: string,
    ranges: readonly CompactedRange[],
    seen?: readonly Pick<ThreadHead, 'offset' | 'tag'>[],
  ): Promise<void>;
  /** Drops whole batches from the old end, at most `maxBatches` of them. Offsets go on from the head. */
  trim(thread_id: string, retention: Retention, maxBatches: number): Promise<TrimOutcome>;
  /** Erases the thread: a new, empty epoch. Resolves when no reader can see the old epoch. */
  delete(thread_id: string): Promise<ThreadHead>;
  /** Erases the thread without a trace of its epoch: for logs of which no reader can hold a cursor. */
  forget(thread_id: string): Promise<void>;
  /**
   * Forgets the thread if it has no follower and has kept no event since before `wall`. Resolves with whether it
   * did.
   */
  forgetIdle(thread_id: string, wall: number): Promise<boolean>;
  /**
   * Takes logs that this process has appended to since they were taken last, those that changed first in front. Appends of
   * other processes, and of former ones, are not among them.
   */
  takeChanged(limit: number): readonly string[];
  /** Thread ids in order, after `after`. */
  threads(after: string, limit: number): Promise<readonly string[]>;
  /**
   * Calls `listener` after each advance or change of epoch, and when the thread is created: following creates nothing.
   * Returns the function that ends this.
   */
  follow(thread_id: string, listener: HeadListener): () => void;
}

/**
 * A thread as the list of threads has it. The entry belongs to the thread's log: `delete`, `forget` and `forgetIdle`
 * erase it in the same step. Times are milliseconds since 1970.
 */
export interface ThreadEntry {
  readonly thread_id: string;
  /** Null for none. */
  readonly title: string | null;
  /** The owner; null for none. */
  readonly user_id: string | null;
  readonly metadata: ThreadMetadata;
  /** When the thread was entered. */
  readonly created_at: number;
  /** A whole number. */
  readonly last_activity: number;
  /** The offset of the durable head. */
  readonly head: number;
  /** Whether a run is open whose parts go to the thread's own log. */
  readonly running: boolean;
}

/** Where an entry is in the list: the newest activity first; of two of the same time the greater id. */
export type ThreadPlace = Pick<ThreadEntry, 'last_activity' | 'thread_id'>;

export interface ThreadListQuery {
  /** Only the threads of this owner. */
  readonly user_id?: string;
  /** Entries behind this place. */
  readonly after?: ThreadPlace;
  readonly limit: number;
}

/** The list of threads. An append with a `touch` enters a thread, and so does `update`. */
export interface ThreadStore {
  /** Undefined for a thread that is not in the list. */
  get(thread_id: string): Promise<ThreadEntry | undefined>;
  /** Entries in the order of the list. */
  list(query: ThreadListQuery): Promise<readonly ThreadEntry[]>;
  /**
   * Changes an entry; enters a thread that has events. Resolves with the entry, or with undefined for a thread that
   * is not in the list and never had an event.
   */
  update(thread_id: string, change: ThreadChange): Promise<ThreadEntry | undefined>;
  /**
   * Corrects the places of these threads after a crash; the clean-up calls it. Absent in a store that writes an entry
   * and its place in one step.
   */
  mend?(thread_ids: readonly string[]): Promise<void>;
}

export type SessionState = 'connected' | 'disconnected' | 'expired';

/** A session's newest attachment to a connection, as of the record's last write. */
export interface SessionAttachment {
  /** The Socket.IO socket. In v1 its id is the session's name on the wire. */
  readonly connection: string;
  readonly transport: Transport;
  readonly connected_at: number;
  /** When the last activity was. */
  readonly active_at: number;
  /** When the client last pinged; null if it never did. */
  readonly pinged_at: number | null;
}

/** A session as it outlives its server process. Times are milliseconds since 1970. */
export interface SessionRecord {
  readonly session_id: string;
  /** The protocol version of its client. */
  readonly dialect: 1 | 2;
  /** A digest with this record's salt: see `sessions/stored-secret.ts`. Plain text if an earlier version wrote it. */
  readonly secret: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  /** A digest, here and in `former`. Plain text if an earlier version wrote it. */
  readonly instance: string;
  readonly attempt: number;
  /** Grows with every registration. The newest generation owns the session (I6). */
  readonly generation: number;
  readonly created_at: number;
  /** The server process that carries it, or did last. */
  readonly node: string;
  /** Where this instance began, for a registration whose receipt was lost. */
  readonly start: string;
  /** Where earlier instances began, newest first. An instance whose receipt was lost begins there again. */
  readonly former?: readonly { readonly instance: string; readonly start: string }[];
  /** A cursor at or before the events that the client is known to have, as of the newest write. */
  readonly position: string;
  readonly stay: SessionAttachment;
  readonly state: SessionState;
  /** When the state was entered. */
  readonly since: number;
  /** When it may be expired (disconnected) or forgotten (expired); null while connected. */
  readonly due_at: number | null;
  /** Why it expired: the tombstone for a client that comes back. */
  readonly expiry?: Expiry;
}

/** What tells a record from earlier and later ones of the same name. */
export type SessionVersion = Pick<SessionRecord, 'generation' | 'secret'>;

/** One session at one time: its name, and what tells it from another one of that name. */
export type SessionKey = SessionVersion & Pick<SessionRecord, 'session_id'>;

/** The session records of a store. */
export interface SessionStore {
  get(session_id: string): Promise<SessionRecord | undefined>;
  /**
   * Writes the record if the stored one has the generation and the secret of `expected` (undefined: there is none).
   * Resolves with whether it was written.
   */
  put(record: SessionRecord, expected: SessionVersion | undefined): Promise<boolean>;
  /** Removes the record if it has this generation and secret. Resolves with whether it did. */
  remove(record: SessionKey): Promise<boolean>;
  /** Records whose `due_at` is at or before `wall`, oldest first. */
  due(wall: number, limit: number): Promise<readonly SessionRecord[]>;
  /** All records by id, after `after`. */
  list(after: string, limit: number): Promise<readonly SessionRecord[]>;
  /**
   * Records of connected sessions by id, after `after`. Absent in a store that would have to look at all records for
   * them: its callers use `list`.
   */
  connected?(after: string, limit: number): Promise<readonly SessionRecord[]>;
  /** The records of one thread by id, after `after`. */
  ofThread(thread_id: string, after: string, limit: number): Promise<readonly SessionRecord[]>;
  /** How many records there are in each state. */
  counts(): Promise<SessionCounts>;
}

export type SessionCounts = Readonly<Record<SessionState, number>>;

export type { Expiry, RunStatus };

/** One reply being produced. */
export interface RunRecord {
  readonly run_id: string;
  /** The thread it was asked on. */
  readonly thread_id: string;
  /** The log its parts go to: the thread's, or the run's private log. */
  readonly log_id: string;
  /** A cursor of that log before the run's first part. */
  readonly cursor: string;
  /** Distinguishes this request from another one under the same id (I8). */
  readonly fingerprint: string;
  /** The server process that produces it, or did last. */
  readonly node: string;
  /** When the lease ends unless that process renews it; milliseconds since 1970. */
  readonly lease_until: number;
  /** The fencing token: grows with every owner. */
  readonly token: number;
  readonly status: 'running' | RunStatus;
  /** Milliseconds since 1970. */
  readonly started_at: number;
  /** Null while it runs. */
  readonly ended_at: number | null;
  /** The sampled span of its message, as W3C's header `traceparent` has it: the node that ends the run continues its trace. */
  readonly traceparent?: string;
}

export type NewRun = Omit<RunRecord, 'token' | 'status' | 'ended_at'>;

/** The key of a run. It names the thread because a distributed store keeps a run with its thread. */
export type RunKey = Pick<RunRecord, 'thread_id' | 'run_id'>;

/** The runs of a store. */
export interface RunStore {
  /** Opens a run with token 1. A run id is used once: undefined if there is such a run already. */
  start(run: NewRun): Promise<RunRecord | undefined>;
  /** Undefined if the run does not exist, or belongs to another thread. */
  get(run: RunKey): Promise<RunRecord | undefined>;
  /** Takes an open run over from its owner, with the next token. Undefined if the run is closed. */
  takeOver(run: RunKey): Promise<RunRecord | undefined>;
  /** Renews the lease. False, without a change, unless the run is open and `token` is its newest. */
  renew(run: RunKey, token: number, lease_until: number): Promise<boolean>;
  /**
   * The open runs. A store that one process at a time can open ends their leases when it is opened: the process
   * that held them is gone.
   */
  open(): Promise<readonly RunRecord[]>;
  /** A thread's runs by id, after `after`. */
  ofThread(thread_id: string, after: string, limit: number): Promise<readonly RunRecord[]>;
  /** Removes a run that is closed. */
  remove(run: RunKey): Promise<void>;
  /** Removes runs that ended before `wall`, oldest first, and returns them. */
  prune(wall: number, limit: number): Promise<readonly RunRecord[]>;
}

/** The servers on one store: which are alive, which holds a leader lease, and messages between them. */
export interface NodeStore {
  /**
   * Keeps a node on the list for `ttlMs` from now, by the store's own clock. Resolves with whether it was on the
   * list. A node that was not is new, or was forgotten in the meantime.
   */
  beat(node: string, ttlMs: number): Promise<boolean>;
  alive(): Promise<readonly string[]>;
  /** Nodes whose heartbeat has lapsed, until `forget` removes them. */
  lost(): Promise<readonly string[]>;
  /** Takes a node off the list and releases its leader leases. */
  forget(node: string): Promise<void>;
  /** Acquires or extends a leader lease, which one node at a time holds. Resolves with whether this node holds it. */
  tryAcquireLease(lease: string, node: string, ttlMs: number): Promise<boolean>;
  /** Sends a message to a node. The message is lost if the node does not listen. */
  tell(node: string, message: string): Promise<void>;
  /** Sends an ephemeral event to every other node that follows the thread. */
  publishEphemeral(thread_id: string, message: string): Promise<void>;
  /** Calls `listener` with ephemeral events that other nodes publish to threads that are followed here. */
  onEphemeral(listener: (thread_id: string, message: string) => void): void;
  /** Calls `listener` with each message to a node. Returns the function that ends this. */
  listen(node: string, listener: (message: string) => void): () => void;
}

/** A write that was refused because the store is nearly full. */
export interface SpaceRefusal {
  /** What it was for; `commit`: it grows nothing, but no commit has room at the moment. */
  readonly growth?: 'event' | 'session' | 'reply' | 'commit';
  readonly thread_id?: string;
}

/**
 * What a store says of its room. Without it, it refuses writes that grow it: they reject with ServerError ERR_REFUSED and
 * the fault `storage_full`, and nothing is written. Reads, acknowledgements, resumes, erasures, trims and the ends of
 * runs go on.
 */
export interface StoreSpace {
  /** Whether it refuses a large event of a client at the moment. */
  readonly isFull: boolean;
  /** Calls `listener` at each refusal. Returns the function that ends this. */
  onRefusal(listener: (refusal: SpaceRefusal) => void): () => void;
  /**
   * Calls `listener` when writes that were admitted begin to wait for room, and at once if they do. Every write that a
   * client waits for is refused then. Returns the function that ends this. Absent in a store where none waits.
   */
  onStall?(listener: () => void): () => void;
  /**
   * What the store can still grow by, and what it keeps free of that, in bytes. Undefined, or absent, where it does not
   * know.
   */
  room?(): { readonly left: number; readonly reserve: number } | undefined;
}

/** Is called with what a store has written. */
export interface StoreObserver {
  /** Events of this process are durable; their encoded bytes. */
  appended(events: number, bytes: number): void;
  /** A commit is done, which took so long and wrote so many bytes. Not for a store without commits. */
  committed(ms: number, bytes: number): void;
}

/** Where logs, sessions, runs and the list of threads live. */
/** So much may be spent by one client within a window, on all nodes together. */
export interface SharedRate {
  readonly name: string;
  readonly quota: number;
  readonly windowS: number;
}

/** Adds up what clients spend on all nodes. */
export interface RateStore {
  /** Adds an amount. Resolves with 0, or with the milliseconds that the client has to wait. */
  spend(rate: SharedRate, key: string, amount: number): Promise<number>;
}

export interface Store {
  /** 'memory', 'lmdb', …; shown in logs. */
  readonly kind: string;
  /** Whether a confirmed write survives the process. Production refuses a store that is not. */
  readonly durable: boolean;
  readonly logs: LogStore;
  readonly threads: ThreadStore;
  readonly sessions: SessionStore;
  readonly runs: RunStore;
  /** Present where several servers may have the store open at a time. */
  readonly nodes?: NodeStore;
  /** Present in such a store, if it can add up what clients spend on its nodes. */
  readonly rates?: RateStore;
  /** Absent in a store that does not know its room. */
  readonly space?: StoreSpace;
  /** Fails writes that wait for room, so that the server can stop. They were never confirmed. */
  stopWaiting?(): void;
  /** Whether the store answers at the moment. Absent for a store that always answers or fails for good. */
  isAvailable?(): boolean;
  /**
   * Calls `listener` once if a write fails for good (a failed flush is never retried). The process
   * must stop: unconfirmed writes may or may not be there after a restart.
   */
  onFailure(listener: (error: Error) => void): () => void;
  /** Calls the observer from now on. Returns the function that ends this. Absent in a store that does not count. */
  observe?(observer: StoreObserver): () => void;
  /** Resolves when every pending write is confirmed and the files are closed. */
  close(): Promise<void>;
}
