/**
 * Keys. What belongs to one thread, its runs and their logs included, has the thread's id in braces: in a
 * cluster it lives in one slot, and a script sees all of it. Sessions are spread over some fixed slots.
 */

import { threadOfLog } from '../log-ids.js';

/** Enough to spread over the nodes of a cluster, few enough to ask all of them. */
export const SESSION_SHARDS = 16;

export interface LogKeys {
  readonly head: string;
  readonly log: string;
  readonly ids: string;
  readonly compactedRanges: string;
  /** Of the thread that the log belongs to. */
  readonly runs: string;
  readonly runIds: string;
  readonly channel: string;
}

export interface SessionKeys {
  /** A session's record is at this, followed by its id. */
  readonly record: string;
  readonly all: string;
  readonly due: string;
  readonly following: string;
  /** Those in a state are at this, followed by the state. */
  readonly state: string;
}

export class RedisKeys {
  readonly #prefix: string;

  /** @param prefix what all keys begin with, so that others may use the same Redis */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Which version of this layout is in use. */
  get format(): string {
    return `${this.#prefix}format`;
  }

  /** What is allowed is tried on this. */
  get probe(): string {
    return `${this.#prefix}probe`;
  }

  /** Nodes by when their time is over. */
  get nodes(): string {
    return `${this.#prefix}nodes`;
  }

  /** Which node holds a leader lease. The key keeps its stored name. */
  leaderLease(name: string): string {
    return `${this.#prefix}duty:${name}`;
  }

  /** Where a node listens. */
  nodeChannel(node: string): string {
    return `${this.#prefix}node:${node}`;
  }

  /** The ids of all logs, sorted. */
  get threads(): string {
    return `${this.#prefix}threads`;
  }

  /** The list of threads by last activity: of all, or of the owner whose digest it is. */
  threadList(owner: string | undefined): string {
    return owner === undefined ? `${this.#prefix}list` : `${this.#prefix}list:${owner}`;
  }

  /** Runs that may be open; see {@link runMember}. */
  get openRuns(): string {
    return `${this.#prefix}runs:open`;
  }

  /** Runs by when they ended. */
  get endedRuns(): string {
    return `${this.#prefix}runs:ended`;
  }

  log(log_id: string): LogKeys {
    const thread = threadOfLog(log_id);
    const ofThread = `${this.#prefix}{${thread}}`;
    const ofLog = `${ofThread}${log_id.slice(thread.length)}`;
    return {
      head: `${ofLog}:head`,
      log: `${ofLog}:log`,
      ids: `${ofLog}:ids`,
      compactedRanges: `${ofLog}:spans`,
      runs: `${ofThread}:runs`,
      runIds: `${ofThread}:run-ids`,
      channel: `${ofLog}:wake`,
    };
  }

  sessions(shard: number): SessionKeys {
    const base = `${this.#prefix}{s${shard}}:`;
    return {
      record: `${base}session:`,
      all: `${base}all`,
      due: `${base}due`,
      following: `${base}following`,
      state: `${base}state:`,
    };
  }
}

/** Where a session's record lives. */
export function shardOf(session_id: string): number {
  let hash = 0;
  for (let index = 0; index < session_id.length; index += 1) {
    hash = (hash * 31 + session_id.charCodeAt(index)) | 0;
  }
  return Math.abs(hash) % SESSION_SHARDS;
}

/** A run in an index of all threads. No id holds the space. */
export const runMember = (thread_id: string, run_id: string): string => `${thread_id} ${run_id}`;

export function runOfMember(member: string): { thread_id: string; run_id: string } {
  const space = member.indexOf(' ');
  return { thread_id: member.slice(0, space), run_id: member.slice(space + 1) };
}
