/**
 * One connection to Redis and its commands. The connection reconnects by itself; this client decides whether to
 * repeat a command. Every command is safe to repeat: the next attempt finds what an attempt with a lost answer
 * has done.
 *
 *     asked ──► connected? ──no──► wait, until the time is up ──► unavailable: not done
 *       ▲          │yes
 *       │        sent ──► answered
 *       └── the connection was lost, or Redis is on its way up or down
 *                  └─ the time is up ──► uncertain: it may have been done
 */

import { elementAt } from '../../util/assert.js';
import type { Clock } from '../../util/clock.js';
import { asError, ServerError } from '../../util/errors.js';
import { NotSentError, type RedisConnection, RefusedError, type Reply } from './connection.js';
import type { RedisKeys } from './keys.js';
import { isOutOfMemory, outOfMemory, type RedisSpace } from './redis-space.js';
import { type Call, type Command, callOf, type ScriptName, type Scripts } from './script.js';

export type Answer =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** It may have been done. */
  | { readonly kind: 'uncertain'; readonly cause: Error }
  /** It was not done. */
  | { readonly kind: 'failed'; readonly error: ServerError };

export interface RedisClientDeps {
  readonly connection: RedisConnection;
  readonly scripts: Scripts;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** How long a command may wait for Redis, attempts included. */
  readonly waitMs: number;
  /** Is notified when Redis refuses a command for want of memory. */
  readonly space?: Pick<RedisSpace, 'refused'>;
  /** How many replicas must have a write before it counts as done; 0 for none. */
  readonly replicas?: number;
}

/** What the parts of the store ask Redis with. */
export interface RedisTools {
  readonly keys: RedisKeys;
  /** For commands whose writes need not last. */
  readonly reads: RedisClient;
  readonly writes: RedisClient;
  readonly clock: Pick<Clock, 'now' | 'wall'>;
}

/** A Redis that leaves a command open for so long counts as gone. */
const SILENT_MS = 2_000;
/** How long one attempt waits for replicas. */
const REPLICAS_WAIT_MS = 1_000;

/** Redis cannot do it now, and has not done it. It may forget a script just after that was loaded, in a failover. */
const NOT_NOW =
  /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|BUSY|UNBLOCKED|NOSCRIPT)\b/;
const NO_SCRIPT = /^NOSCRIPT\b/;
/** The pause before repeating a command that Redis refused for now. */
const PAUSE_MS = 50;

export class RedisClient {
  readonly #deps: RedisClientDeps;
  /** The commands that wait for a connection. */
  readonly #waiting = new Set<(ready: boolean) => void>();
  /** The last error of the connection. */
  #lastError = new Error('there is no connection yet');
  /** Commands that wait for an answer, oldest first. */
  readonly #asked = new Set<{ readonly at: number }>();

  constructor(deps: RedisClientDeps) {
    this.#deps = deps;
    const { connection } = deps;
    // One listener for all waiting commands.
    const tell = (ready: boolean) => () => {
      for (const settle of [...this.#waiting]) settle(ready);
    };
    connection.on('ready', tell(true));
    connection.on('closed', tell(false));
    connection.onError((error) => {
      this.#lastError = error;
    });
  }

  get ready(): boolean {
    return this.#deps.connection.ready;
  }

  /** Whether it is connected, and no command has waited long for an answer. */
  get healthy(): boolean {
    const [oldest] = this.#asked;
    return this.ready && (oldest === undefined || this.#deps.clock.now() - oldest.at < SILENT_MS);
  }

  /** @param listener called whenever it has connected */
  onReady(listener: () => void): void {
    this.#deps.connection.on('ready', listener);
  }

  /** Sends one command. Rejects with ServerError ERR_STORE_UNAVAILABLE if Redis does not answer in time. */
  async ask(command: Command): Promise<Reply> {
    const [answer] = await this.askAll([command]);
    return replyOf(answer);
  }

  /** Sends several commands together; they arrive in this order. */
  async askEach(commands: readonly Command[]): Promise<readonly Reply[]> {
    return (await this.askAll(commands)).map(replyOf);
  }

  /** As `askEach`; never rejects. */
  async askAll(commands: readonly Command[]): Promise<readonly Answer[]> {
    const asked = { at: this.#deps.clock.now() };
    this.#asked.add(asked);
    try {
      return await this.#answersTo(commands);
    } finally {
      this.#asked.delete(asked);
    }
  }

  async #answersTo(commands: readonly Command[]): Promise<readonly Answer[]> {
    const { waitMs, clock, connection } = this.#deps;
    const answers = new Array<Answer | undefined>(commands.length).fill(undefined);
    const deadline = clock.now() + waitMs;
    let open = commands.map((_, index) => index);
    const sent = new Set<number>();
    let cause: Error | undefined;
    while (open.length > 0) {
      if (!(await this.#untilReady(deadline - clock.now()))) break;
      const results = await this.#send(
        open.map((index) => ({
          command: elementAt(commands, index),
          // mutant: redis-a-lost-answer-is-not-looked-for
          repeated: sent.has(index),
        })),
      );
      const again: number[] = [];
      results.forEach((result, place) => {
        const index = elementAt(open, place);
        if (!(result instanceof Error)) {
          answers[index] = { kind: 'reply', reply: result };
          return;
        }
        cause = result;
        const refused = result instanceof RefusedError;
        if (refused && !NOT_NOW.test(result.message)) {
          if (isOutOfMemory(result)) this.#deps.space?.refused();
          answers[index] = { kind: 'failed', error: refusal(result) };
          return;
        }
        if (!refused && !(result instanceof NotSentError)) sent.add(index);
        again.push(index);
      });
      open = again;
      if (open.length === 0 || connection.closed || clock.now() >= deadline) break;
      await this.#pause(Math.min(PAUSE_MS, Math.max(0, deadline - clock.now())));
    }
    for (const index of open) {
      answers[index] = sent.has(index)
        ? { kind: 'uncertain', cause: cause ?? this.#lastError }
        : { kind: 'failed', error: unavailable(this.ready && cause ? cause : this.#lastError) };
    }
    return answers as readonly Answer[];
  }

  async #send(
    wanted: readonly { readonly command: Command; readonly repeated: boolean }[],
  ): Promise<readonly (Reply | Error)[]> {
    const { scripts } = this.#deps;
    const calls = wanted.map(({ command, repeated }) => callOf(command, repeated, scripts));
    const results = await this.#call(calls);
    const unknown = new Set<ScriptName>();
    results.forEach((result, index) => {
      const command = wanted[index]?.command;
      if (isMissingScript(result) && command && 'script' in command) unknown.add(command.script);
    });
    if (unknown.size === 0) return results;
    // After a restart Redis knows no script. It has not run the scripts that it does not know.
    const loaded = await this.#load([...unknown]);
    if (loaded) return results.map((result) => (isMissingScript(result) ? loaded : result));
    const missing = calls.filter((_, index) => isMissingScript(results[index]));
    const rest = [...(await this.#call(missing))];
    return results.map((result) => (isMissingScript(result) ? (rest.shift() as Reply) : result));
  }

  async #load(names: readonly ScriptName[]): Promise<Error | undefined> {
    const { connection, scripts } = this.#deps;
    try {
      for (const name of names) await connection.load(scripts(name).lua);
      return undefined;
    } catch (error) {
      // Report it as a LOADING reply: the command was not done and is repeated.
      return new RefusedError(`LOADING a script: ${asError(error).message}`);
    }
  }

  async #call(calls: readonly Call[]): Promise<readonly (Reply | Error)[]> {
    const { connection, replicas = 0 } = this.#deps;
    if (replicas === 0) return connection.send(calls);
    // WAIT counts only writes of the same connection.
    const wait = ['WAIT', String(replicas), String(REPLICAS_WAIT_MS)];
    const results = await connection.send([...calls, wait]);
    const answers = results.slice(0, calls.length);
    const confirmed = results[calls.length] ?? 0;
    // mutant: redis-replicas-are-not-awaited
    if (Number(confirmed) >= replicas) return answers;
    const cause =
      confirmed instanceof Error
        ? confirmed
        : new Error(`${confirmed} of ${replicas} replicas have confirmed it`);
    // A refused command stays refused. Every other one is uncertain: a failover may lose it.
    return answers.map((answer) => (answer instanceof Error ? answer : new Error(cause.message)));
  }

  /** Resolves with whether it is connected within that time. */
  async #untilReady(ms: number): Promise<boolean> {
    const { connection } = this.#deps;
    if (connection.ready) return true;
    return ms > 0 && !connection.closed && this.#pause(ms);
  }

  /** Waits, but not past a change of the connection. Resolves with whether it has connected meanwhile. */
  #pause(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (ready: boolean) => {
        cancel();
        this.#waiting.delete(settle);
        resolve(ready);
      };
      const cancel = this.#deps.clock.after(ms, () => settle(false));
      this.#waiting.add(settle);
    });
  }

  close(): Promise<void> {
    return this.#deps.connection.close();
  }
}

const isMissingScript = (result: unknown): boolean =>
  result instanceof RefusedError && NO_SCRIPT.test(result.message);

export function replyOf(answer: Answer | undefined): Reply {
  if (answer?.kind === 'reply') return answer.reply;
  if (answer?.kind === 'failed') throw answer.error;
  throw unavailable(answer?.cause ?? new Error('Redis gave no answer'));
}

const unavailable = (cause: Error): ServerError =>
  new ServerError(
    'ERR_STORE_UNAVAILABLE',
    `Redis does not answer: ${cause.message}. Try again; nothing needs a restart once it does.`,
    { cause },
  );

/** Turns an error reply of Redis into a ServerError. */
export function refusal(cause: Error): ServerError {
  if (isOutOfMemory(cause)) return outOfMemory(cause);
  return new ServerError('ERR_STORE_UNAVAILABLE', `Redis refused a command: ${cause.message}`, {
    cause,
  });
}
