/** The actions on a world. A scenario is a list of them; an action selects its page by number. */

import type { FrameWindowSetting } from '../../../packages/server/src/core/frame-window.js';
import type { CommitStep } from '../disk/disk.js';
import type { Trap } from '../network/network.js';
import type { Script } from '../server/responder.js';

export type Action =
  // --- the work
  | {
      readonly do: 'publish';
      readonly thread: number;
      readonly count: number;
      readonly everyMs: number;
      readonly bytes: number;
      /** Under a message id, and repeated until it is acknowledged. */
      readonly named: boolean;
    }
  | ({ readonly do: 'ask'; readonly thread: number; readonly publish: boolean } & Script)
  // --- the network
  | { readonly do: 'cut'; readonly page: number; readonly tells: 'both' | 'client' | 'server' }
  | {
      readonly do: 'black_hole';
      readonly page: number;
      readonly direction: 'both' | 'up' | 'down';
    }
  | {
      readonly do: 'stall';
      readonly page: number;
      readonly direction: 'both' | 'up' | 'down';
      readonly ms: number;
    }
  | { readonly do: 'offline'; readonly page: number; readonly ms: number }
  | { readonly do: 'slow'; readonly maxMs: number; readonly ms: number }
  | {
      readonly do: 'upgrades';
      readonly page: number;
      readonly takesMs: number;
      readonly completes: boolean;
    }
  /** A middlebox swallows packets of a connection that continues. TCP does not; bugs do. */
  | {
      readonly do: 'swallow';
      readonly page: number;
      /** The name of an event, or 'answer'. */
      readonly what: string;
      readonly count: number;
    }
  /** A middlebox sends packets twice. */
  | {
      readonly do: 'repeat';
      readonly page: number;
      readonly what: string;
      readonly count: number;
    }
  /** The connection is cut just when a packet is sent, or has arrived. */
  | ({ readonly do: 'trap'; readonly page: number } & Trap)
  // --- the pages
  | { readonly do: 'freeze'; readonly page: number; readonly ms: number }
  | { readonly do: 'wake'; readonly page: number }
  /** Into the browser's cache and out of it. The connections that the browser kept meanwhile may be dead. */
  | {
      readonly do: 'put_away';
      readonly page: number;
      readonly ms: number;
      readonly keptDead: number;
    }
  /** The next attempts to connect get no answer. */
  | { readonly do: 'unanswered_dials'; readonly page: number; readonly count: number }
  | { readonly do: 'reload'; readonly page: number; readonly checkpoint: boolean }
  | { readonly do: 'duplicate'; readonly page: number }
  | { readonly do: 'leave'; readonly page: number; readonly politely: boolean }
  /** The app stops its monitors, at once or at the next event, and starts them again or not. */
  | {
      readonly do: 'restart_monitor';
      readonly page: number;
      readonly at_event: boolean;
      /** How many events it gets before that one (0). */
      readonly skip?: number;
      readonly afterMs: number | null;
    }
  /** The page acknowledges more than it got. */
  | { readonly do: 'overstate'; readonly page: number }
  /** A tab is copied after it has been frozen for so long that it counts as gone. */
  | { readonly do: 'copy_frozen'; readonly page: number; readonly notice_is_lost: boolean }
  // --- the node
  | {
      readonly do: 'kill';
      readonly silently: boolean;
      readonly downMs: number;
      /** Kills when the next commit reaches this step. */
      readonly at_step: CommitStep | null;
      /** Which one of several (0). */
      readonly node?: number;
    }
  /**
   * The process that produces a thread's newest reply is killed. Its last write arrives after that, at the process
   * that has the store then, as with two machines.
   */
  | {
      readonly do: 'straggler';
      readonly thread: number;
      readonly downMs: number;
      readonly lateMs: number;
    }
  | {
      readonly do: 'stop';
      readonly drainMs: number;
      readonly downMs: number;
      readonly node?: number;
    }
  /** SIGSTOP, and SIGCONT after a while. */
  | { readonly do: 'freeze_node'; readonly node: number; readonly ms: number }
  | { readonly do: 'clock'; readonly byMs: number }
  /** `expired`: all tokens issued so far are void from now on. */
  | { readonly do: 'authorize'; readonly mode: 'outage' | 'slow' | 'expired'; readonly ms: number }
  /** The page's user loses the right to follow any thread; `ended`: the server ends at once what it is served. */
  | { readonly do: 'revoke'; readonly page: number; readonly ended: boolean }
  // --- the store
  | { readonly do: 'disk'; readonly flushMs: number; readonly ms: number }
  | { readonly do: 'disk_fails' }
  | {
      readonly do: 'reads';
      readonly slowMs: number;
      readonly failing: number;
      readonly ms: number;
    }
  | { readonly do: 'backup' }
  | { readonly do: 'restore'; readonly downMs: number }
  | { readonly do: 'trim'; readonly thread: number; readonly keep: number }
  | { readonly do: 'erase'; readonly thread: number }
  /** The sweeper's removal of an idle, empty thread without readers. */
  | { readonly do: 'forget'; readonly thread: number }
  // --- Redis, if there are several nodes
  | { readonly do: 'redis_cut'; readonly node: number; readonly link: RedisLink }
  /** What travels on a connection of a node is lost, and after a while it breaks. */
  | {
      readonly do: 'redis_deaf';
      readonly node: number;
      readonly link: RedisLink;
      readonly ms: number;
    }
  | { readonly do: 'redis_slow'; readonly maxMs: number; readonly ms: number }
  | { readonly do: 'redis_down'; readonly downMs: number }
  /** A replica gets nothing any more, and takes over after a while. */
  | { readonly do: 'fail_over'; readonly behindMs: number; readonly downMs: number }
  /** A node does not get what is published on channels. */
  | { readonly do: 'wakes_lost'; readonly node: number; readonly ms: number };

export const REDIS_LINKS = ['reads', 'writes', 'appends', 'wake'] as const;
type RedisLink = (typeof REDIS_LINKS)[number];

export type ActionName = Action['do'];

/** An action and when it happens, in virtual milliseconds. */
export type Timed = { readonly at: number } & Action;

export interface PagePlan {
  readonly dialect: 1 | 2;
  readonly transport: 'polling' | 'websocket';
  readonly upgradeAfterMs: number | null;
  readonly threads: readonly number[];
  readonly since: 'start' | 'now' | number;
  readonly pingIntervalMs: number;
  readonly reconnection: boolean;
  readonly attempts: number;
  readonly opensAt: number;
}

/** Several nodes on one Redis. */
export interface ClusterPlan {
  readonly nodes: 2 | 3;
  /** How many replicas must confirm a write. */
  readonly replicas: 0 | 1;
}

/** Everything that a seed decides before the world starts. */
export interface Scenario {
  /** Without pings the world tests only what must work without them. */
  readonly pings: boolean;
  readonly seed: number;
  /** Undefined: one node on a disk. */
  readonly cluster?: ClusterPlan;
  readonly threads: number;
  readonly pages: readonly PagePlan[];
  readonly latencyMs: { readonly min: number; readonly max: number };
  /** Engine.IO's heartbeat; null: longer than the world lives. */
  readonly heartbeatMs: number | null;
  readonly lostAnswers: number;
  readonly window: { readonly events: number; readonly bytes: number };
  readonly connectionWindowBytes: number;
  readonly frame: { readonly events: number; readonly bytes: number };
  readonly sessionTtlMs: number;
  readonly idle: { readonly askMs: number; readonly expireMs: number };
  readonly retentionEvents: number | null;
  /** How long `authorize` grants a token's owner something, from the first time that it sees the token; null: without an end. */
  readonly grantMs: number | null;
  /** How far apart a reader's frames are; `auto`: by load and lag. Here, few events come for `auto` to see a load. */
  readonly frameWindowMs: FrameWindowSetting;
  readonly actions: readonly Timed[];
  /** When the faults end. */
  readonly calmAt: number;
}
