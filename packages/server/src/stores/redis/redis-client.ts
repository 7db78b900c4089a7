/**
 * One connection to Redis and what it is asked. ioredis connects and reconnects; whether something is asked
 * again is decided here, and only because every command of ours may be: what a lost answer has done is found
 * by the next attempt.
 *
 *     asked ──► connected? ──no──► wait, until the time is up ──► unavailable: nothing was written
 *       ▲          │yes
 *       │        sent ──► answered
 *       └── the connection was lost, or Redis is on its way up or down
 *                  └─ the time is up ──► uncertain: it may have been done
 */

import type { Cluster, Redis } from 'ioredis';
import { asError, ServerError } from '../../util/errors.js';
import { type Client, disconnect, isClosed } from './connect.js';
import type { Command, Script } from './script.js';

/** What Redis answers: integers, bytes, nothing, or a list of these. */
export type Reply = number | string | Buffer | null | readonly Reply[];

export type Answer =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** It may have been done. */
  | { readonly kind: 'uncertain'; readonly cause: Error }
  /** It was not done. */
  | { readonly kind: 'failed'; readonly error: ServerError };

export interface RedisClientOptions {
  /** How long a command may wait for Redis, attempts included. */
  readonly waitMs: number;
  readonly now: () => number;
  /** How many replicas must have what is written here before it counts as done; 0 for none. */
  readonly replicas?: number;
}

/** A Redis that leaves a question open for so long is taken for gone. */
const SILENT_MS = 2_000;
/** How long one attempt waits for them. */
const REPLICAS_WAIT_MS = 1_000;

/** Redis cannot do it now, and has not. */
const NOT_NOW =
  /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|BUSY|UNBLOCKED)\b/;
/** ioredis had no connection to send it on. */
const NOT_SENT = /^Stream isn't writeable/;
const NO_SCRIPT = /^NOSCRIPT\b/;
/** Between attempts that Redis has refused: it is busy with itself. */
const PAUSE_MS = 50;

export class RedisClient {
  readonly client: Client;
  readonly #options: RedisClientOptions;
  /** Who waits for a connection. */
  readonly #waiting = new Set<(ready: boolean) => void>();
  /** Why there is no connection, if there is none. */
  #lastError = new Error('there is no connection yet');
  /** What waits for an answer, oldest first. */
  readonly #asked = new Set<{ readonly at: number }>();

  constructor(client: Client, options: RedisClientOptions) {
    this.client = client;
    this.#options = options;
    // One listener for all who wait.
    const tell = (ready: boolean) => () => {
      for (const settle of [...this.#waiting]) settle(ready);
    };
    client.on('ready', tell(true));
    client.on('end', () => {
      if (isClosed(client)) tell(false)();
    });
    client.on('error', (error: unknown) => {
      this.#lastError = asError(error);
    });
  }

  get ready(): boolean {
    return this.client.status === 'ready';
  }

  /** Whether it is connected, and nothing has waited for an answer for long. */
  get healthy(): boolean {
    const [oldest] = this.#asked;
    return this.ready && (oldest === undefined || this.#options.now() - oldest.at < SILENT_MS);
  }

  /** Asks one thing. Rejects with ServerError ERR_STORE_UNAVAILABLE if Redis does not answer in time. */
  async ask(command: Command): Promise<Reply> {
    const [answer] = await this.askAll([command]);
    return replyOf(answer);
  }

  /** Asks several things at a time; they arrive in this order. */
  async askEach(commands: readonly Command[]): Promise<readonly Reply[]> {
    return (await this.askAll(commands)).map(replyOf);
  }

  /** As `askEach`; never rejects. */
  async askAll(commands: readonly Command[]): Promise<readonly Answer[]> {
    const asked = { at: this.#options.now() };
    this.#asked.add(asked);
    try {
      return await this.#answersTo(commands);
    } finally {
      this.#asked.delete(asked);
    }
  }

  async #answersTo(commands: readonly Command[]): Promise<readonly Answer[]> {
    const { waitMs, now } = this.#options;
    const answers = new Array<Answer | undefined>(commands.length).fill(undefined);
    const deadline = now() + waitMs;
    let open = commands.map((_, index) => index);
    const sent = new Set<number>();
    let cause: Error | undefined;
    while (open.length > 0) {
      if (!(await this.#untilReady(deadline - now()))) break;
      const results = await this.#send(
        open.map((index) => ({ command: commands[index], repeated: sent.has(index) })),
      );
      const again: number[] = [];
      results.forEach((result, place) => {
        const index = open[place] ?? 0;
        if (!(result instanceof Error)) {
          answers[index] = { kind: 'reply', reply: result };
          return;
        }
        cause = result;
        const refused = isReply(result);
        if (refused && !NOT_NOW.test(result.message)) {
          answers[index] = { kind: 'failed', error: refusal(result) };
          return;
        }
        if (!refused && !NOT_SENT.test(result.message)) sent.add(index);
        again.push(index);
      });
      open = again;
      if (open.length === 0 || now() >= deadline) break;
      await pause(Math.min(PAUSE_MS, Math.max(0, deadline - now())));
    }
    for (const index of open) {
      answers[index] = sent.has(index)
        ? { kind: 'uncertain', cause: cause ?? this.#lastError }
        : { kind: 'failed', error: unavailable(this.ready && cause ? cause : this.#lastError) };
    }
    return answers as readonly Answer[];
  }

  async #send(
    wanted: readonly { readonly command: Command | undefined; readonly repeated: boolean }[],
  ): Promise<readonly (Reply | Error)[]> {
    const calls = wanted.flatMap(({ command, repeated }) =>
      command ? [callOf(command, repeated)] : [],
    );
    const results = await this.#call(calls);
    const unknown = new Map<string, Script>();
    results.forEach((result, index) => {
      const command = wanted[index]?.command;
      const missing = result instanceof Error && NO_SCRIPT.test(result.message);
      if (missing && command && 'script' in command)
        unknown.set(command.script.sha, command.script);
    });
    if (unknown.size === 0) return results;
    // After a restart Redis knows no script. What it did not know it has not done.
    const loaded = await this.#load([...unknown.values()]);
    if (loaded) return results.map((result) => (isMissingScript(result) ? loaded : result));
    const missing = calls.filter((_, index) => isMissingScript(results[index]));
    const rest = [...(await this.#call(missing))];
    return results.map((result) => (isMissingScript(result) ? (rest.shift() as Reply) : result));
  }

  async #load(scripts: readonly Script[]): Promise<Error | undefined> {
    try {
      for (const { lua } of scripts) {
        if (this.client.isCluster) {
          const nodes = (this.client as Cluster).nodes('master');
          await Promise.all(nodes.map((node) => node.script('LOAD', lua)));
        } else await (this.client as Redis).script('LOAD', lua);
      }
      return undefined;
    } catch (error) {
      // Not one of Redis's answers to what was asked: that was not done, and is asked again.
      return Object.assign(new Error(`LOADING a script: ${asError(error).message}`), {
        name: 'ReplyError',
      });
    }
  }

  async #call(calls: readonly (readonly string[])[]): Promise<readonly (Reply | Error)[]> {
    const { replicas = 0 } = this.#options;
    if (this.client.isCluster || (calls.length === 1 && replicas === 0)) {
      return Promise.all(calls.map((call) => this.#one(call)));
    }
    const pipeline = (this.client as Redis).pipeline();
    for (const [name = '', ...args] of calls) pipeline.callBuffer(name, ...args);
    // WAIT knows of its own connection's writes alone: it goes with them, on no other, and never later.
    if (replicas > 0) pipeline.call('WAIT', replicas, REPLICAS_WAIT_MS);
    const results = await pipeline.exec().catch((error: unknown) => asError(error));
    if (results instanceof Error || !results) {
      return calls.map(() => results ?? new Error('The pipeline was given up'));
    }
    const answers = results
      .slice(0, calls.length)
      .map(([error, reply]) => error ?? (reply as Reply));
    if (replicas === 0) return answers;
    const [error, confirmed] = results[calls.length] ?? [null, 0];
    if (!error && Number(confirmed) >= replicas) return answers;
    const cause = error ?? new Error(`${confirmed} of ${replicas} replicas have confirmed it`);
    // What was refused is refused; of everything else nobody knows whether it will last.
    return answers.map((answer) => (answer instanceof Error ? answer : uncertain(cause)));
  }

  #one([name = '', ...args]: readonly string[]): Promise<Reply | Error> {
    return this.client.callBuffer(name, ...args).then(
      (reply) => reply as Reply,
      (error: unknown) => asError(error),
    );
  }

  /** Resolves with whether it is connected within that time. */
  #untilReady(ms: number): Promise<boolean> {
    if (this.ready) return Promise.resolve(true);
    if (ms <= 0 || isClosed(this.client)) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (ready: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(ready);
      };
      const timer = setTimeout(() => settle(false), ms);
      this.#waiting.add(settle);
    });
  }

  close(): Promise<void> {
    return disconnect(this.client);
  }
}

function callOf(command: Command, repeated: boolean): readonly string[] {
  if ('name' in command) return [command.name, ...command.args.map(String)];
  const { script, keys, args, again } = command;
  return [
    'EVALSHA',
    script.sha,
    String(keys.length),
    ...keys,
    ...(repeated && again ? again() : args).map(String),
  ];
}

/** An error that is no answer of Redis's: what was asked may have been done. */
const uncertain = ({ message }: Error): Error => new Error(message);

const isReply = (error: Error): boolean => error.name === 'ReplyError';

const isMissingScript = (result: unknown): boolean =>
  result instanceof Error && NO_SCRIPT.test(result.message);

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

/** What Redis says will not do: an error of ours. */
export function refusal(cause: Error): ServerError {
  if (cause.message.startsWith('OOM')) {
    return new ServerError(
      'ERR_STORE_UNAVAILABLE',
      'Redis is full (maxmemory). Nothing was written. Give it memory, or shorten the retention.',
      { cause },
    );
  }
  return new ServerError('ERR_STORE_UNAVAILABLE', `Redis refused a command: ${cause.message}`, {
    cause,
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
