/** What findings are drawn from: what the views and the trace have of one session. Pure data. */

import { DEFAULT_PING_INTERVAL_MS } from '@session-monitor/protocol';
import type { TraceLine } from '../session-trace/line.js';
import type { ConnectionFacts } from '../views/connection-view.js';
import type { RunView } from '../views/run-pages.js';
import type { SessionDetails } from '../views/session-details.js';

/** The node that carries the session, or did last. */
export interface NodeFacts {
  readonly node: string;
  readonly draining: boolean;
  /** How late its event loop is. */
  readonly loop_delay_ms: number;
  /** How long its store took to make events durable, on average over about the last ten seconds; null without any. */
  readonly commit_ms: number | null;
  /** For how long an append has waited for its store, in milliseconds; 0 while none does. */
  readonly append_waits_ms: number;
  /** Whether its store refuses what is new, because its disk is nearly full. */
  readonly storage_full: boolean;
  /** Requests of the last minute for connections that the node does not have. */
  readonly misrouted_requests: number;
  /** Its Socket.IO connections, and those of them that poll because their upgrade has failed. */
  readonly connections: number;
  readonly stuck_connections: number;
  /** How long a responder may yield nothing before its reply fails. */
  readonly run_stall_ms: number;
  readonly ping_interval_ms: number;
}

/** What a client said when it was asked just now. */
export interface ProbeFacts {
  /** Whether the page answers; null for a client that need not. */
  readonly page: boolean | null;
  /** Whether its end of the link answers by itself, whatever the page does; null where that cannot be asked. */
  readonly link: boolean | null;
  /** What was sent and is not acknowledged. */
  readonly in_flight_bytes: number;
}

export interface RunFacts extends RunView {
  /** Whether it waits for its turn; null if its node has not told. */
  readonly waits: boolean | null;
  /** When its newest part came; null before the first one, and if its node does not know. */
  readonly last_part_at: string | null;
  /** What ended it, if it failed. */
  readonly error: string | null;
}

export interface Facts {
  /** Milliseconds since 1970, by the clock of the node that answers. */
  readonly now: number;
  /** Undefined for a session that has ended and is kept only in the trace. */
  readonly session?: SessionDetails | undefined;
  /** Undefined without one. */
  readonly connection?: ConnectionFacts | undefined;
  readonly node?: NodeFacts | undefined;
  /** Undefined if its client was not asked: it is not connected, or not quiet, or its server is late itself. */
  readonly probe?: ProbeFacts | undefined;
  /** How often clients should ping. */
  readonly pingIntervalMs: number;
  /** How many other nodes live. */
  readonly otherNodes: number;
  /** For how long the store has not answered, in milliseconds; 0 if it has answered. */
  readonly storeSilentMs: number;
  /** How far the clock of each other node is ahead, in milliseconds. */
  readonly clockOffsetsMs: Readonly<Record<string, number>>;
  /** The runs of its thread, newest first. */
  readonly runs: readonly RunFacts[];
  /** The steps that are about it, oldest first. */
  readonly lines: readonly TraceLine[];
}

/** A loop that is as late is felt: words stand still for as long. */
export const LATE_LOOP_MS = 100;

/** The facts of what nothing is known about. */
export const NO_FACTS = {
  otherNodes: 0,
  pingIntervalMs: DEFAULT_PING_INTERVAL_MS,
  storeSilentMs: 0,
  clockOffsetsMs: {},
  runs: [],
  lines: [],
} as const satisfies Partial<Facts>;

/** An explanation with what it rests on. */
export interface Finding {
  readonly code: FindingCode;
  /** Since when, or when it happened. */
  readonly at: string;
  /** Whether it holds now; else it happened, and is over. */
  readonly ongoing: boolean;
  /** What is the case, in one sentence. */
  readonly title: string;
  /** What shows it: figures, steps of the trace. */
  readonly evidence: readonly string[];
  /** What to do. */
  readonly next: string;
}

/** In the order in which one explains another: a cause stands before what follows from it. */
export const FINDING_CODES = [
  'node_lost',
  'server_killed',
  'server_drained',
  'storage_full',
  'loop_blocked',
  'store_slow',
  'user_revoked',
  'token_refused',
  'token_expired',
  'limit_hit',
  'wrong_node',
  'taken_over',
  'thread_erased',
  'history_lost',
  'events_trimmed',
  'page_frozen',
  'steady_cuts',
  'stuck_on_polling',
  'half_open_link',
  'acknowledgements_withheld',
  'slow_reader',
  'expired_while_away',
  'clocks_differ',
  'run_stalled',
  'run_waiting',
  'run_failed',
  'run_interrupted',
  'run_cancelled',
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];
