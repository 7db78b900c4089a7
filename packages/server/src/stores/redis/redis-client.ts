/**
 * One connection to Redis and its commands. ioredis connects and reconnects; this client decides whether to
 * repeat a command. Every command is safe to repeat: the next attempt finds what an attempt with a lost answer
 * has done.
 *
 *     asked ──► connected? ──no──► wait, until the time is up ──► unavailable: not done
 *       ▲          │yes
 *       │        sent ──► answered
 *       └── the connection was lost, or Redis is on its way up or down
 *                  └─ the time is up ──► uncertain: it may have been done
 */

import type { Cluster, Redis } from 'ioredis';
import { elementAt } from '../../util/assert.js';
import { asError, ServerError } from '../../util/errors.js';
import { type Client, disconnect, isClosed } from './connect.js';
import type { Command, Script } from './script.js';

/** A reply of Redis: integers, bytes, nothing, or a list of these. */
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
  /** How many replicas must have a write before it counts as done; 0 for none. */
  readonly replicas?: number;
}

/** A Redis that leaves a command open for so long counts as gone. */
const SILENT_MS = 2_000;
/** How long one attempt waits for replicas. */
const REPLICAS_WAIT_MS = 1_000;

/** Redis cannot do it now, and has not done it. */
const NOT_NOW =
  /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|BUSY|UNBLOCKED)\b/;
/** ioredis had no connection to send it on. */
const NOT_SENT = /^Stream isn't writeable/;
const NO_SCRIPT = /^NOSCRIPT\b/;
/** The pause before repeating a command that Redis refused for now. */
const PAUSE_MS = 50;

export class RedisClient {
  readonly client: Client;
  readonly #options: RedisClientOptions;
  /** The commands that wait for a connection. */
  readonly #waiting = new Set<(ready: boolean) => void>();
  /** The last error of the connection. */
  #lastError = new Error('there is no connection yet');
  /** Commands that wait for an answer, oldest first. */
  readonly #asked = new Set<{ readonly at: number }>();

  constructor(client: Client, options: RedisClientOptions) {
    this.client = client;
    this.#options = options;
    // One listener for all waiting commands.
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

  /** Whether it is connected, and no command has waited long for an answer. */
  get healthy(): boolean {
    const [oldest] = this.#asked;
    return this.ready && (oldest === undefined || this.#options.now() - oldest.at < SILENT_MS);
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
        const index = elementAt(open, place);
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
    // After a restart Redis knows no script. It has not run the scripts that it does not know.
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
      // Report it as a LOADING reply: the command was not done and is repeated.
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
    // WAIT counts only writes of the same connection, so it goes in the same pipeline.
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
    // A refused command stays refused. Every other one is uncertain: a failover may lose it.
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

/** An error that is not a reply of Redis: the command may have been done. */
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

/** Turns an error reply of Redis into a ServerError. */
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
