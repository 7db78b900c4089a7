/**
 * Appends on their way to Redis. What comes while a commit is under way is gathered by log and leaves
 * together in the next one: one script for each log, whatever is in it. Where replicas must have it first, a
 * second script then says that it is durable, and only that wakes anybody (I1).
 */

import type { Clock, Entropy } from '../../clock.js';
import { ServerError } from '../../errors.js';
import { EventBatch } from '../event-batch.js';
import { threadOfLog } from '../log-ids.js';
import type { AppendOptions, AppendOutcome, Fence, NewRun } from '../store.js';
import { EPOCH_BYTES, TAG_BYTES } from '../tags.js';
import type { FollowedLogs } from './followed.js';
import { type RedisKeys, runMember } from './keys.js';
import type { Answer, Link } from './link.js';
import { listOf, numberOf, textOf } from './replies.js';
import type { Command, Script } from './script.js';

export interface AppendsParts {
  readonly keys: RedisKeys;
  /** A connection of its own: replicas confirm a connection's writes. */
  readonly link: Link;
  /** Whether replicas must have a batch before it is durable. */
  readonly replicated: boolean;
  readonly followed: FollowedLogs;
  readonly scripts: { readonly append: Script; readonly commit: Script };
  readonly origin: string;
  readonly clock: Pick<Clock, 'wall'>;
  readonly entropy: Pick<Entropy, 'token'>;
  /** Asked before each commit; what it returns is waited for. */
  readonly pause: () => Promise<void> | undefined;
  /** A log was made. */
  readonly onCreated: (log_id: string) => Promise<void>;
  /** A run was closed. */
  readonly onEnded: (thread_id: string, run_id: string, ended_at: number) => void;
}

/** What may wait in memory for Redis, in bytes of events (I9). */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** How often a batch is appended again that a failover has taken along before it was durable. */
const MAX_ROUNDS = 5;

interface Waiter {
  readonly count: number;
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: Error) => void;
}

/** Events with one answer: all are appended, or none. */
interface Piece {
  /** Pieces of the same kind that follow each other are one. */
  readonly kind: string | undefined;
  readonly message_id: string | undefined;
  readonly fence: Fence | undefined;
  readonly events: string[];
  readonly waiters: Waiter[];
}

interface Commit {
  readonly log_id: string;
  readonly pieces: readonly Piece[];
  readonly tag: string;
  readonly at: number;
  readonly command: Command;
}

/** What became of a commit's pieces. */
interface Written {
  readonly commit: Commit;
  readonly epoch: string;
  readonly outcomes: readonly PieceOutcome[];
  /** What was appended; undefined if nothing was. */
  readonly batch: EventBatch | undefined;
  readonly advance: {
    readonly holds: boolean;
    readonly before: { readonly offset: number; readonly tag: string };
    readonly base: number;
    readonly baseTag: string;
  };
  readonly created: boolean;
}

interface PieceOutcome {
  readonly outcome: 'appended' | 'duplicate' | 'fenced';
  readonly first: number;
  readonly last: number;
}

const CODES = ['appended', 'duplicate', 'fenced'] as const;
/** What an answer to an append begins with; then come three values for each piece. */
const ANSWER_HEAD = 10;

export class RedisAppends {
  readonly #parts: AppendsParts;
  #waiting = new Map<string, Piece[]>();
  #waitingBytes = 0;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(parts: AppendsParts) {
    this.#parts = parts;
  }

  append(
    log_id: string,
    events: readonly string[],
    { message_id, fence }: AppendOptions = {},
  ): Promise<AppendOutcome> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#waitingBytes > MAX_WAITING_BYTES) return Promise.reject(fullError());
    return new Promise((resolve, reject) => {
      const kind = kindOf(message_id, fence);
      const pieces = this.#waiting.get(log_id) ?? [];
      this.#waiting.set(log_id, pieces);
      let piece = pieces.at(-1);
      if (!piece || kind === undefined || piece.kind !== kind) {
        piece = { kind, message_id, fence, events: [], waiters: [] };
        pieces.push(piece);
      }
      for (const event of events) {
        piece.events.push(event);
        this.#waitingBytes += event.length;
      }
      piece.waiters.push({ count: events.length, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits or is under way. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
  }

  async #run(): Promise<void> {
    // Let the rest of this turn of the event loop join.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.size > 0) {
      const pause = this.#parts.pause();
      if (pause) await pause;
      const waiting = this.#waiting;
      this.#waiting = new Map();
      this.#waitingBytes = 0;
      await this.#commitAll([...waiting].map(([log_id, pieces]) => this.#begin(log_id, pieces)));
    }
    this.#running = undefined;
  }

  #begin(log_id: string, pieces: readonly Piece[]): Commit {
    const { keys, entropy, clock, scripts, replicated, followed, origin } = this.#parts;
    const { head, log, ids, runs, runIds, channel } = keys.log(log_id);
    const tag = entropy.token(TAG_BYTES);
    const at = clock.wall();
    const fields = pieces.flatMap((piece) => [describe(piece), ...encoded(piece)]);
    const known = followed.known(log_id);
    const args = (again: 0 | 1) => [
      ...[entropy.token(EPOCH_BYTES), tag, at, replicated ? 0 : 1, channel, origin],
      ...[...known, again, pieces.length, ...fields],
    ];
    const command = {
      script: scripts.append,
      keys: [head, log, ids, runs, runIds],
      args: args(0),
      again: args(1),
    };
    return { log_id, pieces, tag, at, command };
  }

  async #commitAll(begun: readonly Commit[]): Promise<void> {
    const { link, replicated, keys } = this.#parts;
    let commits = begun;
    let again = false;
    for (let round = 1; commits.length > 0; round += 1) {
      const opened = commits.flatMap(({ log_id, pieces }) =>
        pieces.flatMap(({ fence }) =>
          fence?.start ? [runMember(threadOfLog(log_id), fence.run_id)] : [],
        ),
      );
      const commands = commits.map(({ command }) => (again ? asAgain(command) : command));
      // A run is looked for where it may be, so it is entered there before it is begun.
      const entered: Command[] =
        opened.length > 0 ? [{ name: 'SADD', args: [keys.openRuns, ...opened] }] : [];
      const answers = (await link.askAll([...entered, ...commands])).slice(entered.length);
      const written = commits.flatMap((commit, index) => this.#read(commit, answers[index]));
      const lost = replicated ? await this.#confirm(written) : [];
      const safe = lost.length === 0 ? written : written.filter((each) => !lost.includes(each));
      // Nobody hears of a log that nobody would find to clean it up.
      const created = safe.filter((each) => each.created);
      await Promise.all(created.map(({ commit }) => this.#parts.onCreated(commit.log_id)));
      for (const each of safe) this.#settle(each);
      commits = lost.map(({ commit }) => commit);
      again = true;
      if (round < MAX_ROUNDS) continue;
      for (const commit of commits) {
        settleAll(commit, {
          outcome: 'unknown',
          cause: new Error('Redis lost it again and again'),
        });
      }
      return;
    }
  }

  /** Nothing if nobody can say what became of it; then everybody who waits has been told. */
  #read(commit: Commit, answer: Answer | undefined): readonly Written[] {
    if (answer?.kind === 'failed') {
      for (const { waiters } of commit.pieces) {
        for (const { reject } of waiters) reject(answer.error);
      }
      return [];
    }
    const reply = answer?.kind === 'reply' ? listOf(answer.reply) : [];
    if (reply.length < ANSWER_HEAD) {
      const cause =
        answer?.kind === 'uncertain' ? answer.cause : new Error('The log was changed meanwhile');
      settleAll(commit, { outcome: 'unknown', cause });
      return [];
    }
    const [epoch, before, , bytes, holds, durable, durableTag, base, baseTag, created] = reply;
    const outcomes = commit.pieces.map((_, index): PieceOutcome => {
      const [code, first, last] = reply.slice(ANSWER_HEAD + index * 3).map(numberOf);
      return { outcome: CODES[code ?? 0] ?? 'fenced', first: first ?? 0, last: last ?? 0 };
    });
    return [
      {
        commit,
        epoch: textOf(epoch),
        outcomes,
        batch: batchOf(commit, outcomes, numberOf(before) + 1, numberOf(bytes)),
        advance: {
          holds: numberOf(holds) === 1,
          before: { offset: numberOf(durable), tag: textOf(durableTag) },
          base: numberOf(base),
          baseTag: textOf(baseTag),
        },
        created: numberOf(created) === 1,
      },
    ];
  }

  /** Says that what the replicas have is durable. What a failover has taken along meanwhile is returned. */
  async #confirm(written: readonly Written[]): Promise<readonly Written[]> {
    const { link, scripts, keys, origin, followed } = this.#parts;
    const appended = written.filter(({ batch }) => batch !== undefined);
    const answers = await link.askAll(
      appended.map(({ commit: { log_id, tag }, epoch, batch }): Command => {
        const { head, log, channel } = keys.log(log_id);
        const known = followed.known(log_id);
        const args = [epoch, batch?.last ?? 0, tag, channel, origin, ...known];
        return { script: scripts.commit, keys: [head, log], args };
      }),
    );
    return appended.filter((_, index) => {
      const answer = answers[index];
      return answer?.kind !== 'reply' || numberOf(listOf(answer.reply)[0]) !== 1;
    });
  }

  #settle({ commit, epoch, outcomes, batch, advance }: Written): void {
    const { followed, onEnded } = this.#parts;
    const { log_id, pieces, tag, at } = commit;
    pieces.forEach(({ fence }, index) => {
      if (fence?.finish && outcomes[index]?.outcome === 'appended') {
        onEnded(threadOfLog(log_id), fence.run_id, at);
      }
    });
    if (batch) {
      const { base, baseTag, holds, before } = advance;
      const bounds = { epoch, offset: batch.last, tag, base, baseTag };
      const head = { ...bounds, ...followed.previousOf(log_id, epoch) };
      const next = before.offset + 1 === batch.first ? { batch } : {};
      followed.advance(log_id, { head, before, holds, ...next });
    }
    pieces.forEach((piece, index) => {
      const outcome = outcomes[index];
      if (outcome) settlePiece(piece, epoch, outcome);
    });
  }
}

/** Undefined for what is a piece of its own. */
function kindOf(message_id: string | undefined, fence: Fence | undefined): string | undefined {
  if (message_id !== undefined || fence?.start || fence?.finish) return undefined;
  return fence ? `${fence.token} ${fence.run_id}` : '';
}

/** What the script must know of a piece. */
function describe({ message_id, fence }: Piece): string {
  if (message_id === undefined && !fence) return '';
  return JSON.stringify({
    m: message_id,
    r: fence?.run_id,
    k: fence && String(fence.token),
    s: fence?.start && describeRun(fence.start),
    l: fence?.start && String(fence.start.lease_until),
    f: fence?.finish,
  });
}

/** A run as it was begun; its lease is kept apart. */
export const describeRun = ({ lease_until: _, ...run }: NewRun): string => JSON.stringify(run);

function encoded({ events }: Piece): readonly [count: number, lengths: string, payload: string] {
  const lengths = events.map((event) => Buffer.byteLength(event)).join(',');
  return [events.length, lengths, events.length === 1 ? (events[0] ?? '') : events.join(',')];
}

const asAgain = (command: Command): Command =>
  'script' in command ? { ...command, args: command.again ?? command.args } : command;

function batchOf(
  { pieces, tag, at }: Commit,
  outcomes: readonly PieceOutcome[],
  first: number,
  precedingBytes: number,
): EventBatch | undefined {
  const appended = pieces.filter((_, index) => outcomes[index]?.outcome === 'appended');
  const [only] = appended;
  if (!only) return undefined;
  const events = appended.length === 1 ? only.events : appended.flatMap((piece) => piece.events);
  return EventBatch.of(events, { first, tag, at, precedingBytes });
}

function settlePiece(piece: Piece, epoch: string, { outcome, first, last }: PieceOutcome): void {
  let next = first;
  for (const { count, resolve } of piece.waiters) {
    if (outcome === 'fenced') resolve({ outcome });
    else if (outcome === 'duplicate') resolve({ outcome, epoch, first, last });
    else resolve({ outcome, epoch, first: next, last: next + count - 1 });
    next += count;
  }
}

function settleAll({ pieces }: Commit, outcome: AppendOutcome): void {
  for (const { waiters } of pieces) for (const { resolve } of waiters) resolve(outcome);
}

const fullError = (): ServerError =>
  new ServerError(
    'ERR_STORE_UNAVAILABLE',
    `More than ${MAX_WAITING_BYTES} bytes wait for Redis. Nothing was written. Try again.`,
  );

const closedError = (): ServerError =>
  new ServerError('ERR_CLOSED', 'The store is closed. Nothing was written.');
