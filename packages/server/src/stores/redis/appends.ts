/**
 * Appends on their way to Redis. Appends that arrive during a commit are gathered by log and leave together in
 * the next one: one script for many logs. Where replicas must have a batch first, a second script then marks it
 * as durable, and only that script wakes readers (I1).
 */

import { elementAt, invariant } from '../../util/assert.js';
import type { Clock, Entropy } from '../../util/clock.js';
import { asError, ServerError } from '../../util/errors.js';
import { ChangedLogs } from '../changed-logs.js';
import { EventBatch } from '../event-batch.js';
import { threadOfLog } from '../log-ids.js';
import type { AppendOptions, AppendOutcome } from '../store.js';
import type { StoreObservers } from '../store-observers.js';
import { EPOCH_BYTES, TAG_BYTES } from '../tags.js';
import { answersOf, commandOf, groupsOf } from './append-groups.js';
import { type Commit, lengthsOf, readAnswer, settleAll, type Written } from './commit.js';
import { type FollowedLogs, knownHead } from './followed.js';
import { type RedisKeys, runMember } from './keys.js';
import { marksOf, writeMarks } from './marks.js';
import { argsOf, kindOf, PendingAppend } from './pending-append.js';
import type { RedisClient } from './redis-client.js';
import { numberOf } from './replies.js';
import type { Command } from './script.js';
import type { EntryPlace } from './thread-places.js';

/** Up to where a log is durable. */
export interface Confirmed {
  readonly epoch: string;
  readonly offset: number;
}

export interface AppendsDeps {
  readonly keys: RedisKeys;
  /** A separate connection, because WAIT counts the writes of one connection. */
  readonly link: RedisClient;
  /** Whether replicas must have a batch before it is durable. */
  readonly replicated: boolean;
  readonly followed: FollowedLogs;
  /** Each log may be on another server. */
  readonly clustered: boolean;
  readonly origin: string;
  readonly clock: Pick<Clock, 'wall' | 'now'>;
  readonly entropy: Pick<Entropy, 'token'>;
  /** Resolves when the present turn of the event loop is over. */
  readonly turn: () => Promise<void>;
  /** Called before each commit; the commit awaits the returned promise. */
  readonly pause: () => Promise<void> | undefined;
  /** Waits for replicas and marks what others have appended as durable. Resolves with up to where, or with nothing. */
  readonly confirm: (log_id: string) => Promise<Confirmed | undefined>;
  readonly observers: StoreObservers;
  /** Called when a log was created. */
  readonly onCreated: (log_id: string) => Promise<void>;
  /** Called when a thread's place in the list changed. The append that moved it awaits the promise. Never rejects. */
  readonly onMoved: (place: EntryPlace) => Promise<void>;
}

/** The most that may wait in memory for Redis, in bytes of events (I9). */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** How many times a batch is appended if failovers lose it before it is durable. */
const MAX_ROUNDS = 5;

const NO_OPTIONS: AppendOptions = {};

export class RedisAppends {
  /** The logs that this node has appended to. */
  readonly changed = new ChangedLogs();
  readonly #deps: AppendsDeps;
  #waiting = new Map<string, PendingAppend[]>();
  #waitingBytes = 0;
  /** New logs that are not in the list of logs yet. */
  readonly #unlisted = new Set<string>();
  /** Pending moves of threads in the list. */
  readonly #placing = new Set<Promise<void>>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(deps: AppendsDeps) {
    this.#deps = deps;
  }

  append(
    log_id: string,
    events: readonly string[],
    options: AppendOptions = NO_OPTIONS,
  ): Promise<AppendOutcome> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#waitingBytes > MAX_WAITING_BYTES) return Promise.reject(fullError());
    for (const { length } of events) this.#waitingBytes += length;
    this.#running ??= this.#run();
    return this.#appendFor(log_id, options).add(events);
  }

  /** Resolves when no append waits or is in progress. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
    await Promise.all(this.#placing);
  }

  /** Keeps the store open until the promise has resolved. */
  #awaited(placed: Promise<void>): Promise<void> {
    this.#placing.add(placed);
    return placed.finally(() => this.#placing.delete(placed));
  }

  #appendFor(log_id: string, options: AppendOptions): PendingAppend {
    let appends = this.#waiting.get(log_id);
    if (!appends) {
      appends = [];
      this.#waiting.set(log_id, appends);
    }
    const newest = appends[appends.length - 1];
    if (newest?.kind !== undefined && newest.kind === kindOf(options)) {
      return newest;
    }
    const append = new PendingAppend(options);
    appends.push(append);
    return append;
  }

  async #run(): Promise<void> {
    // Let the rest of this turn of the event loop join.
    await this.#deps.turn();
    while (this.#waiting.size > 0) {
      const pause = this.#deps.pause();
      if (pause) await pause;
      const waiting = this.#waiting;
      this.#waiting = new Map();
      this.#waitingBytes = 0;
      const commits = [...waiting].map(([log_id, appends]) => this.#begin(log_id, appends));
      try {
        await this.#commitAll(commits);
      } catch (error) {
        // Settled appends keep their outcome. The callers of the others must ask again.
        for (const commit of commits) {
          settleAll(commit, { outcome: 'unknown', cause: asError(error) });
        }
      }
    }
    this.#running = undefined;
  }

  #begin(log_id: string, appends: readonly PendingAppend[]): Commit {
    const { keys, entropy, clock, replicated, followed, origin } = this.#deps;
    const { head, log, ids, runs, runIds, channel } = keys.log(log_id);
    const tag = entropy.token(TAG_BYTES);
    const at = clock.wall();
    const known = followed.head(log_id);
    const encoded = appends.map(({ events }) =>
      EventBatch.of(events, { first: 1, tag, at, precedingBytes: 0 }),
    );
    const pieces = appends.map((append, index) => {
      const events = elementAt(encoded, index);
      return {
        count: events.count,
        lengths: lengthsOf(events),
        payload: events.text(),
        ...argsOf(append),
      };
    });
    const args = {
      epoch: entropy.token(EPOCH_BYTES),
      tag,
      now: at,
      durable: !replicated,
      channel,
      origin,
      listens: followed.listens(log_id),
      ...knownHead(known),
      pieces: pieces.length,
    };
    return {
      log_id,
      appends,
      encoded,
      tag,
      at,
      knownAtRequest: known,
      keys: [head, log, ids, runs, runIds],
      args,
      pieces,
    };
  }

  async #commitAll(group: readonly Commit[]): Promise<void> {
    const { link, clustered, replicated, keys, clock, observers } = this.#deps;
    let commits = group;
    let again = false;
    for (let round = 1; commits.length > 0; round += 1) {
      const begunAt = clock.now();
      const groups = groupsOf(commits, !clustered);
      const commands = groups.map((group) => commandOf(group, again));
      // Add the run to the index before it begins, because open runs are found through the index.
      const begun = commits.flatMap(runsBegunBy);
      const entered: Command[] =
        begun.length > 0 ? [{ name: 'SADD', args: [keys.openRuns, ...begun] }] : [];
      const told = await link.askAll([...entered, ...commands]);
      const answers = told
        .slice(entered.length)
        .flatMap((answer, index) => answersOf(groups[index] ?? [], answer));
      const written = commits.flatMap((commit, index) => readAnswer(commit, answers[index]));
      const lost = replicated ? await this.#confirm(written) : [];
      if (replicated) await this.#confirmFirst(written);
      observers.committed(clock.now() - begunAt, sizeOf(commits));
      const safe = lost.length === 0 ? written : written.filter((each) => !lost.includes(each));
      for (const { created, commit } of safe) if (created) this.#unlisted.add(commit.log_id);
      if (this.#unlisted.size > 0) await this.#list();
      for (const each of safe) this.#settle(each);
      commits = lost.map(({ commit }) => commit);
      again = true;
      if (round < MAX_ROUNDS) continue;
      for (const commit of commits) {
        settleAll(commit, {
          outcome: 'unknown',
          cause: new Error('Redis lost the batch repeatedly'),
        });
      }
      return;
    }
  }

  /** Lists new logs for the clean-up. The next commit retries those that cannot be listed now. */
  async #list(): Promise<void> {
    await Promise.all(
      [...this.#unlisted].map(async (log_id) => {
        try {
          await this.#deps.onCreated(log_id);
          this.#unlisted.delete(log_id);
        } catch {
          // The append itself is written.
        }
      }),
    );
  }

  /** Marks the appended batches as durable. Returns those that a failover has lost meanwhile. */
  async #confirm(written: readonly Written[]): Promise<readonly Written[]> {
    const { link, keys, origin, followed } = this.#deps;
    const appended = written.filter(({ batch }) => batch !== undefined);
    const answers = await link.askAll(
      appended.map(({ commit, epoch, tag, batch, outcomes }): Command => {
        const { log_id, appends } = commit;
        const { head, log, channel } = keys.log(log_id);
        invariant(batch, 'only appended batches are confirmed');
        const listens = followed.listens(log_id);
        const marks = writeMarks(marksOf(appends, outcomes));
        const args = { epoch, offset: batch.last, tag, channel, origin, listens, marks };
        return {
          script: 'commit',
          keys: [head, log],
          args: { ...args, ...knownHead(followed.head(log_id)) },
        };
      }),
    );
    return appended.filter((_, index) => {
      const answer = answers[index];
      return answer?.kind !== 'reply' || numberOf(answer.reply) !== 1;
    });
  }

  /** Confirms a message that another append has written and that replicas may not have yet. Until then it is no duplicate. */
  async #confirmFirst(written: readonly Written[]): Promise<void> {
    await Promise.all(
      written.map(async ({ commit, epoch, outcomes, batch, advance }) => {
        const lasts = outcomes.map((each) => (each.outcome === 'duplicate' ? each.last : 0));
        const last = Math.max(...lasts);
        // mutant: redis-a-duplicate-is-confirmed-before-the-first
        if (batch || last <= advance.before.offset) return;
        const confirmed = await this.#deps.confirm(commit.log_id);
        if (confirmed?.epoch === epoch && confirmed.offset >= last) return;
        const cause = new Error('No replica has confirmed the message yet');
        settleAll(commit, { outcome: 'unknown', cause });
      }),
    );
  }

  #settle({ commit, epoch, tag, outcomes, batch, advance, place }: Written): void {
    const { followed, onMoved } = this.#deps;
    const { log_id, appends, knownAtRequest } = commit;
    if (batch) {
      this.changed.add(log_id);
      this.#deps.observers.appended(batch.count, batch.size);
      const { base, baseTag, holds, before } = advance;
      const bounds = { epoch, offset: batch.last, tag, base, baseTag };
      const head = { ...bounds, ...followed.previousOf(log_id, epoch) };
      const next = before.offset + 1 === batch.first ? { batch } : {};
      const marks = marksOf(appends, outcomes);
      followed.advance(log_id, { head, before, knownAtRequest, holds, marks, ...next });
    }
    const placed = place && this.#awaited(onMoved(place));
    appends.forEach((append, index) => {
      const outcome = outcomes[index];
      if (!outcome) return;
      // The caller must find the thread at its place in the list. Other appends do not wait for that.
      if (append.touch && placed) void placed.then(() => append.settle(outcome));
      else append.settle(outcome);
    });
  }
}

const sizeOf = (commits: readonly Commit[]): number =>
  commits.reduce((sum, { encoded }) => encoded.reduce((bytes, { size }) => bytes + size, sum), 0);

const runsBegunBy = ({ log_id, appends }: Commit): readonly string[] =>
  appends.flatMap(({ fence }) =>
    fence?.start ? [runMember(threadOfLog(log_id), fence.run_id)] : [],
  );

const fullError = (): ServerError =>
  new ServerError(
    'ERR_STORE_UNAVAILABLE',
    `More than ${MAX_WAITING_BYTES} bytes wait for Redis. Nothing was written. Try again.`,
  );

const closedError = (): ServerError =>
  new ServerError('ERR_CLOSED', 'The store is closed. Nothing was written.');
