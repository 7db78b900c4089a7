/**
 * Appends on their way to Redis. What comes while a commit is under way is gathered by log and leaves
 * together in the next one: one script for each log, whatever is in it. Where replicas must have it first, a
 * second script then says that it is durable, and only that wakes anybody (I1).
 */

import type { Clock, Entropy } from '../../clock.js';
import { asError, ServerError } from '../../errors.js';
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

/** Events with one answer: all are appended, or none. */
class Piece {
  /** Pieces of the same kind that follow each other are one; undefined is one by itself. */
  readonly kind: string | undefined;
  readonly message_id: string | undefined;
  readonly fence: Fence | undefined;
  readonly events: string[] = [];
  /** One promise for all appends that are in it. */
  readonly settled: Promise<AppendOutcome>;
  resolve: (outcome: AppendOutcome) => void = () => {};
  reject: (error: Error) => void = () => {};

  constructor({ message_id, fence }: AppendOptions) {
    this.kind = kindOf(message_id, fence);
    this.message_id = message_id;
    this.fence = fence;
    this.settled = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Adds events that are an append of their own; resolves with what became of them. */
  add(events: readonly string[]): Promise<AppendOutcome> {
    const before = this.events.length;
    for (const event of events) this.events.push(event);
    const { length } = events;
    return this.settled.then((outcome) => {
      if (outcome.outcome !== 'appended') return outcome;
      const first = outcome.first + before;
      return { outcome: 'appended', epoch: outcome.epoch, first, last: first + length - 1 };
    });
  }
}

interface Commit {
  readonly log_id: string;
  readonly pieces: readonly Piece[];
  /** The events of each, encoded; their offsets are not known yet. */
  readonly encoded: readonly EventBatch[];
  readonly tag: string;
  readonly at: number;
  readonly command: Command;
}

/** What became of a commit's pieces. */
interface Written {
  readonly commit: Commit;
  readonly epoch: string;
  readonly outcomes: readonly AppendOutcome[];
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

const NO_OPTIONS: AppendOptions = {};
/** What an answer to an append begins with; then come three values for each piece. */
const ANSWER_HEAD = 10;

export class RedisAppends {
  readonly #parts: AppendsParts;
  #waiting = new Map<string, Piece[]>();
  #waitingBytes = 0;
  /** Logs that were made and are not in the list of logs yet. */
  readonly #unlisted = new Set<string>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(parts: AppendsParts) {
    this.#parts = parts;
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
    return this.#pieceFor(log_id, options).add(events);
  }

  /** Resolves when nothing waits or is under way. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
  }

  #pieceFor(log_id: string, options: AppendOptions): Piece {
    let pieces = this.#waiting.get(log_id);
    if (!pieces) {
      pieces = [];
      this.#waiting.set(log_id, pieces);
    }
    const newest = pieces[pieces.length - 1];
    if (newest?.kind !== undefined && newest.kind === kindOf(options.message_id, options.fence)) {
      return newest;
    }
    const piece = new Piece(options);
    pieces.push(piece);
    return piece;
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
      const commits = [...waiting].map(([log_id, pieces]) => this.#begin(log_id, pieces));
      try {
        await this.#commitAll(commits);
      } catch (error) {
        // Whoever has been answered stays so; everybody else asks again.
        for (const commit of commits) {
          settleAll(commit, { outcome: 'unknown', cause: asError(error) });
        }
      }
    }
    this.#running = undefined;
  }

  #begin(log_id: string, pieces: readonly Piece[]): Commit {
    const { keys, entropy, clock, scripts, replicated, followed, origin } = this.#parts;
    const { head, log, ids, runs, runIds, channel } = keys.log(log_id);
    const tag = entropy.token(TAG_BYTES);
    const at = clock.wall();
    const encoded = pieces.map(({ events }) =>
      EventBatch.of(events, { first: 1, tag, at, precedingBytes: 0 }),
    );
    const fields = pieces.flatMap((piece, index) => {
      const events = encoded[index];
      return events ? [describe(piece), events.count, lengthsOf(events), events.text()] : [];
    });
    const known = followed.known(log_id);
    const args = (again: 0 | 1) => [
      ...[entropy.token(EPOCH_BYTES), tag, at, replicated ? 0 : 1, channel, origin],
      followed.listens(log_id),
      ...[...known, again, pieces.length, ...fields],
    ];
    const command = {
      script: scripts.append,
      keys: [head, log, ids, runs, runIds],
      args: args(0),
      again: args(1),
    };
    return { log_id, pieces, encoded, tag, at, command };
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
      for (const { created, commit } of safe) if (created) this.#unlisted.add(commit.log_id);
      if (this.#unlisted.size > 0) await this.#list();
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

  /** Enters new logs where the clean-up finds them; what cannot be entered now is tried with the next commit. */
  async #list(): Promise<void> {
    await Promise.all(
      [...this.#unlisted].map(async (log_id) => {
        try {
          await this.#parts.onCreated(log_id);
          this.#unlisted.delete(log_id);
        } catch {
          // It is written all the same.
        }
      }),
    );
  }

  /** Nothing if nobody can say what became of it; then everybody who waits has been told. */
  #read(commit: Commit, answer: Answer | undefined): readonly Written[] {
    if (answer?.kind === 'failed') {
      for (const piece of commit.pieces) piece.reject(answer.error);
      return [];
    }
    const reply = answer?.kind === 'reply' ? textOf(answer.reply).split(' ') : [];
    if (reply.length < ANSWER_HEAD) {
      const cause =
        answer?.kind === 'uncertain' ? answer.cause : new Error('The log was changed meanwhile');
      settleAll(commit, { outcome: 'unknown', cause });
      return [];
    }
    const [
      epoch = '',
      before,
      ,
      bytes,
      holds,
      durable,
      durableTag = '',
      base,
      baseTag = '',
      created,
    ] = reply;
    const outcomes = commit.pieces.map((_, index) => {
      const at = ANSWER_HEAD + index * 3;
      return outcomeOf(Number(reply[at]), epoch, Number(reply[at + 1]), Number(reply[at + 2]));
    });
    return [
      {
        commit,
        epoch,
        outcomes,
        batch: batchOf(commit, outcomes, Number(before) + 1, Number(bytes)),
        advance: {
          holds: holds === '1',
          before: { offset: Number(durable), tag: durableTag },
          base: Number(base),
          baseTag,
        },
        created: created === '1',
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
        const own = followed.listens(log_id);
        const args = [epoch, batch?.last ?? 0, tag, channel, origin, own, ...known];
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
      if (outcome) piece.resolve(outcome);
    });
  }
}

function outcomeOf(code: number, epoch: string, first: number, last: number): AppendOutcome {
  if (code === 0) return { outcome: 'appended', epoch, first, last };
  return code === 1 ? { outcome: 'duplicate', epoch, first, last } : { outcome: 'fenced' };
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

/** How long each event is, separated by commas. */
function lengthsOf({ ends }: EventBatch): string {
  let lengths = '';
  let start = 0;
  for (const end of ends) {
    lengths += start === 0 ? end : `,${end - start}`;
    start = end + 1;
  }
  return lengths;
}

const asAgain = (command: Command): Command =>
  'script' in command ? { ...command, args: command.again ?? command.args } : command;

function batchOf(
  { pieces, encoded, tag, at }: Commit,
  outcomes: readonly AppendOutcome[],
  first: number,
  precedingBytes: number,
): EventBatch | undefined {
  const isAppended = (_: unknown, index: number) => outcomes[index]?.outcome === 'appended';
  const [only, ...others] = encoded.filter(isAppended);
  if (!only) return undefined;
  if (others.length === 0) {
    const { source: payload, ends, size } = only;
    const cumulativeBytes = precedingBytes + size;
    return new EventBatch({ first, tag, at, cumulativeBytes, payload, ends });
  }
  const events = pieces.filter(isAppended).flatMap((piece) => piece.events);
  return EventBatch.of(events, { first, tag, at, precedingBytes });
}

function settleAll({ pieces }: Commit, outcome: AppendOutcome): void {
  for (const piece of pieces) piece.resolve(outcome);
}

const fullError = (): ServerError =>
  new ServerError(
    'ERR_STORE_UNAVAILABLE',
    `More than ${MAX_WAITING_BYTES} bytes wait for Redis. Nothing was written. Try again.`,
  );

const closedError = (): ServerError =>
  new ServerError('ERR_CLOSED', 'The store is closed. Nothing was written.');
