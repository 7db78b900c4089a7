/**
 * Keys. Every key of a thread, its runs and their logs has the thread's id in braces, so that in a cluster they
 * live in one slot and a script sees all of them. Sessions are spread over some fixed slots.
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
  /** The prefix of a session's record; its id follows. */
  readonly record: string;
  readonly all: string;
  readonly due: string;
  readonly following: string;
  /** The prefix of the sessions in a state; the state follows. */
  readonly state: string;
}

export class RedisKeys {
  readonly #prefix: string;

  /** @param prefix the prefix of all keys, so that other programs may use the same Redis */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The format of the layout that is in use. */
  get format(): string {
    return `${this.#prefix}format`;
  }

  /** The key on which the permissions check tries commands. */
  get probe(): string {
    return `${this.#prefix}probe`;
  }

  /** Nodes by the time when their heartbeat lapses. */
  get nodes(): string {
    return `${this.#prefix}nodes`;
  }

  /** The prefix of what clients have spent; the limit and the client follow. */
  get rates(): string {
    return `${this.#prefix}rate`;
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
