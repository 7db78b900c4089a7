/**
 * The server: the product as installed, in production mode, in a process with its data and its log. It can be killed and
 * started again on the same port and data. Its Redis, if it has one, is for it alone.
 */

import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { COMMAND } from '../../support/command.js';
import { freePort } from '../../support/free-port.js';
import { isReady } from '../../support/ready.js';
import { Remote } from '../../support/remote.js';
import { ROOT } from '../../support/root.js';
import { until, within } from '../../support/until.js';
import { SECRET } from '../attacker/token.js';
import type { ServerOptions } from '../scenario.js';
import { MB } from '../units.js';
import { type Data, type DataFigures, dataIn, dataInRedis, type Fill, sizeOf } from './data.js';
import { cpuSeconds, type ProcessFigures, processFigures, unsentMb } from './process-figures.js';
import { underLimit } from './shares.js';

const SERVER_FOLDER = join(ROOT, 'test/attack/server');
/** For an overloaded machine; a start usually takes a second. */
const START_MS = 60_000;
const ANSWER_MS = 20_000;

type Environment = Readonly<Record<string, string>>;

const WITHOUT_LIMITS: Environment = {
  LIMIT_AUTHORIZE_CALLS: '1000',
  LIMIT_EPHEMERALS_PER_SECOND: '0',
  LIMIT_PACKETS_PER_SECOND: '0',
  LIMIT_REFUSALS_PER_MINUTE: '1000000',
  LIMIT_RUNS_PER_USER: '1000000',
};

interface LoopDelay {
  readonly p99: number;
  readonly max: number;
}

/** What `preload.mjs` answers. */
interface Reports {
  readonly loopDelay: () => LoopDelay;
  readonly held: () => number;
  readonly callsUnderWay: () => number;
  readonly [name: string]: (argument: never) => unknown;
}

export interface AttackedServerOptions extends ServerOptions {
  /** For its log and its data. */
  readonly folder: string;
  /** Fills its store before it starts. */
  readonly fill?: Fill;
  /** It keeps its data in Redis. */
  readonly redis?: boolean;
  /** It limits none of its peers. */
  readonly unprotected?: boolean;
}

export class AttackedServer {
  readonly port: number;
  readonly #options: AttackedServerOptions;
  readonly #data: Data;
  readonly #logFile: string;
  readonly #log: WriteStream;
  #remote: Remote<Reports>;

  private constructor(port: number, data: Data, options: AttackedServerOptions) {
    this.port = port;
    this.#data = data;
    this.#options = options;
    this.#logFile = join(options.folder, 'server.log');
    this.#log = createWriteStream(this.#logFile);
    this.#remote = this.#launch();
  }

  /** Resolves when it takes requests. */
  static async start(options: AttackedServerOptions): Promise<AttackedServer> {
    const { folder, fill, redis } = options;
    const data = redis ? await dataInRedis() : dataIn(join(folder, 'data'));
    let started: AttackedServer | undefined;
    try {
      if (fill) {
        const store = await data.open();
        await fill(store);
        await store.close();
      }
      started = new AttackedServer(await freePort(), data, options);
      await started.#ready();
      return started;
    } catch (error) {
      await started?.kill();
      await data.close();
      throw error;
    }
  }

  /**
   * Starts a process in place of one that has ended. Resolves when it takes requests.
   *
   * @param env other settings than before
   */
  async restart(env: Environment = {}): Promise<void> {
    this.#remote = this.#launch(env);
    await this.#ready();
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#remote.child.pid;
  }

  get alive(): boolean {
    return this.#remote.child.running;
  }

  get figures(): ProcessFigures | undefined {
    return processFigures(this.pid);
  }

  get cpuSeconds(): number {
    return cpuSeconds(this.pid);
  }

  get unsentMb(): number {
    return unsentMb(this.port);
  }

  get logMb(): number {
    return sizeOf(this.#logFile) / MB;
  }

  /** The end of its output. */
  get said(): string {
    return this.#remote.child.said.slice(-2_000);
  }

  data(): Promise<DataFigures> {
    return this.#data.figures();
  }

  loopDelay(): Promise<LoopDelay> {
    return inTime(this.#remote.ask('loopDelay'), { p99: Number.NaN, max: Number.NaN });
  }

  held(): Promise<number> {
    return inTime(this.#remote.ask('held'), Number.NaN);
  }

  callsUnderWay(): Promise<number> {
    return inTime(this.#remote.ask('callsUnderWay'), Number.NaN);
  }

  /** Lines of its log that report a bug: an exception that nothing caught, an error of the server itself. */
  bugs(): { readonly rejections: readonly string[]; readonly errors: readonly string[] } {
    const lines = readFileSync(this.#logFile, 'utf8').split('\n');
    return {
      rejections: lines.filter((line) => /unhandled|uncaught/i.test(line)),
      errors: lines.filter((line) => /^\{"level":[56]0,/.test(line)),
    };
  }

  /** SIGKILL: no goodbye, no flush. Its data stay. */
  async kill(): Promise<void> {
    await this.#remote.child.end('SIGKILL');
  }

  /** Ends it, and its Redis. */
  async stop(): Promise<void> {
    await this.kill();
    await this.#data.close();
  }

  #launch(more: Environment = {}): Remote<Reports> {
    const { env = {}, authorizeMs, unprotected, descriptors } = this.#options;
    const { PATH = '', HOME = '' } = process.env;
    return new Remote<Reports>(COMMAND, {
      args: ['serve'],
      under: underLimit(descriptors),
      // As docs/deploy.md advises, and what the reports need.
      execArgv: [
        '--max-semi-space-size=64',
        '--expose-gc',
        '--import',
        join(SERVER_FOLDER, 'preload.mjs'),
      ],
      log: this.#log,
      env: {
        PATH,
        HOME,
        MODE: 'production',
        PORT: String(this.port),
        ...this.#data.env,
        ...(authorizeMs === undefined
          ? { AUTH_SECRET: SECRET }
          : {
              AUTHORIZE: join(SERVER_FOLDER, 'slow-authorize.mjs'),
              ATTACK_AUTHORIZE_MS: String(authorizeMs),
            }),
        ...env,
        ...(unprotected && WITHOUT_LIMITS),
        ...more,
      },
    });
  }

  async #ready(): Promise<void> {
    await until('the server is ready', () => this.#isReady(), {
      timeoutMs: START_MS,
      everyMs: 50,
    });
  }

  async #isReady(): Promise<boolean> {
    if (!this.alive) throw new Error(`The server has ended: ${this.said}`);
    return isReady(this.url);
  }
}

/** A server that has ended, or that answers nothing at all, reports what is no number. */
async function inTime<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  return (
    (await within(
      ANSWER_MS,
      answer.catch(() => otherwise),
    )) ?? otherwise
  );
}
