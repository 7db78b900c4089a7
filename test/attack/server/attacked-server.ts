/** The server: the product as installed, in production mode, in a process with its data and its log. */

import { createWriteStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { COMMAND } from '../../support/command.js';
import { freePort } from '../../support/free-port.js';
import { isReady } from '../../support/ready.js';
import { Remote } from '../../support/remote.js';
import { ROOT } from '../../support/root.js';
import { until, within } from '../../support/until.js';
import { SECRET } from '../attacker/token.js';
import type { Scenario } from '../scenario.js';
import { MB } from '../units.js';
import { cpuSeconds, type ProcessFigures, processFigures, unsentMb } from './process-figures.js';
import { limitDescriptors } from './shares.js';

const SERVER_FOLDER = join(ROOT, 'test/attack/server');
/** For an overloaded machine; a start usually takes a second. */
const START_MS = 60_000;
const ANSWER_MS = 20_000;

const WITHOUT_LIMITS: Readonly<Record<string, string>> = {
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

export class AttackedServer {
  readonly port: number;
  readonly #remote: Remote<Reports>;
  readonly #logFile: string;
  readonly #dataFile: string;

  private constructor(port: number, remote: Remote<Reports>, folder: string) {
    this.port = port;
    this.#remote = remote;
    this.#logFile = join(folder, 'server.log');
    this.#dataFile = join(folder, 'data', 'data.mdb');
  }

  /** @param folder for its log and its data */
  static async start(
    { server = {}, fill }: Scenario,
    folder: string,
    unprotected: boolean,
  ): Promise<AttackedServer> {
    const { env = {}, descriptors, authorizeMs } = server;
    const port = await freePort();
    const data = join(folder, 'data');
    if (fill) await fillDirectory(data, fill);
    const { PATH = '', HOME = '' } = process.env;
    const remote = new Remote<Reports>(COMMAND, {
      args: ['serve'],
      // As docs/deploy.md advises, and what the reports need.
      execArgv: [
        '--max-semi-space-size=64',
        '--expose-gc',
        '--import',
        join(SERVER_FOLDER, 'preload.mjs'),
      ],
      log: createWriteStream(join(folder, 'server.log')),
      env: {
        PATH,
        HOME,
        MODE: 'production',
        PORT: String(port),
        DATA_DIR: data,
        ...(authorizeMs === undefined
          ? { AUTH_SECRET: SECRET }
          : {
              AUTHORIZE: join(SERVER_FOLDER, 'slow-authorize.mjs'),
              ATTACK_AUTHORIZE_MS: String(authorizeMs),
            }),
        ...env,
        ...(unprotected && WITHOUT_LIMITS),
      },
    });
    const started = new AttackedServer(port, remote, folder);
    await until('the server is ready', () => started.#isReady(), {
      timeoutMs: START_MS,
      everyMs: 50,
    });
    if (descriptors !== undefined) limitDescriptors(started.pid, descriptors);
    return started;
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

  get dataMb(): number {
    return sizeOf(this.#dataFile) / MB;
  }

  /** The end of its output. */
  get said(): string {
    return this.#remote.child.said.slice(-2_000);
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

  async stop(): Promise<void> {
    await this.#remote.child.end('SIGKILL');
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

async function fillDirectory(path: string, fill: NonNullable<Scenario['fill']>): Promise<void> {
  const store = await openLmdbStore({ path });
  await fill(store);
  await store.close();
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
