/** A server and a load, each in its own process, ended together. */

import { helper } from '../../test/harness/program.js';
import { Remote } from '../../test/support/remote.js';
import type { LoadHandlers } from './load.js';
import { dialectOf, type PeerName, type PeerOptions } from './peers/peer.js';
import type { ServerHandlers } from './server.js';

export interface StageOptions extends PeerOptions {
  /** Flags for the server's Node. */
  readonly execArgv?: readonly string[];
}

export interface Stage {
  readonly server: Remote<ServerHandlers>;
  readonly load: Remote<LoadHandlers>;
  readonly port: number;
  /** Connects subscribers. */
  connect(threads: readonly string[], sessionsPerThread: number): Promise<void>;
  /** Runs the measured work; profiles the server meanwhile with `--profile`. */
  measured<T>(work: () => Promise<T>): Promise<T>;
}

/** Set by `--profile`: the folder for profiles. */
let profiles: string | undefined;
export const profileTo = (folder: string): void => {
  profiles = folder;
};

/** Node flags for every server, those of `npm start`; `--node` sets others. */
let nodeFlags: readonly string[] = ['--max-semi-space-size=64'];
export const runServersWith = (flags: readonly string[]): void => {
  nodeFlags = flags;
};

export async function onStage<T>(
  name: PeerName,
  { execArgv = [], ...options }: StageOptions,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const server = await startServer(execArgv);
  const load = await startLoad();
  try {
    const port = await server.ask('start', { name, options });
    const connect = (threads: readonly string[], sessionsPerThread: number) =>
      load.ask('connect', { port, dialect: dialectOf(name), threads, sessionsPerThread });
    const measured = <T>(work: () => Promise<T>) => profiled(server, name, work);
    const result = await play({ server, load, port, connect, measured });
    await load.ask('disconnect');
    await server.ask('close');
    return result;
  } finally {
    await load.stop();
    await server.stop();
  }
}

/** Runs the measured work of a server, with a profile if `--profile` is set. */
export async function profiled<T>(
  server: Remote<ServerHandlers>,
  name: PeerName,
  work: () => Promise<T>,
): Promise<T> {
  if (profiles === undefined) return work();
  await server.ask('startProfile', `${profiles}/${name}-${Date.now()}.cpuprofile`);
  const value = await work();
  await server.ask('stopProfile');
  return value;
}

export const startServer = (execArgv: readonly string[] = []): Promise<Remote<ServerHandlers>> =>
  Remote.start(helper('server'), { execArgv: [...nodeFlags, ...execArgv] });

export const startLoad = (execArgv: readonly string[] = []): Promise<Remote<LoadHandlers>> =>
  Remote.start(helper('load'), { execArgv });

export const names = (count: number, prefix = 'thread'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
