/** What the server answers under `/debug`, as its protocol documents it: the fields that the page shows. */

export type Tally = Readonly<Record<string, number>>;
export type Status = 'active' | 'idle' | 'disconnected';

/** A row of a live list. Times are milliseconds since 1970. */
export interface SessionRow {
  readonly session_id: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly protocol: 1 | 2;
  readonly status: Status;
  readonly transport: string;
  readonly node: string;
  readonly remote_address: string | null;
  readonly connected_at: number;
  readonly last_activity: number;
  readonly offset: number;
  readonly head: number | null;
  readonly lag: number | null;
  readonly waiting: string | null;
  readonly rtt_ms: number | null;
  readonly expires_at: number | null;
  /** The code of what its server finds to be wrong with it now; absent from a server of an earlier version. */
  readonly finding?: string | null;
}

/** A finding that holds now, as it is where it has held longest. */
export interface OngoingFinding {
  readonly code: string;
  readonly about: 'node' | 'client' | 'session' | 'thread';
  /** How many of them. */
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly node: string;
  readonly session_id: string | null;
  readonly thread_id: string | null;
  readonly title: string;
  readonly evidence: readonly string[];
  readonly next: string;
}

interface Totals {
  readonly connections: Tally;
  readonly sessions: Tally;
  readonly runs: { readonly waiting: number; readonly running: number };
  readonly threads: number;
  readonly published_per_s: number;
  readonly sent_per_s: number;
  readonly sent_bytes_per_s: number;
}

export interface NodeTotals extends Totals {
  readonly node: string;
  readonly draining: boolean;
  readonly loop_delay_ms: number;
  readonly memory: {
    readonly rss_bytes: number;
    readonly heap_used_bytes: number;
    readonly heap_limit_bytes: number;
  };
}

export interface TotalsLine {
  readonly type: 'totals';
  readonly at: number;
  readonly nodes: readonly NodeTotals[];
  readonly unreachable: readonly string[];
  readonly cluster: Totals & {
    readonly disconnected: number | null;
    readonly findings: readonly OngoingFinding[];
  };
}

export interface SessionsLine {
  readonly type: 'sessions';
  readonly from: number;
  readonly total: number;
  readonly complete: boolean;
  readonly rows: readonly SessionRow[];
}

export interface RowsLine {
  readonly type: 'rows';
  readonly total: number;
  readonly complete: boolean;
  readonly order?: readonly string[];
  readonly rows: readonly (Pick<SessionRow, 'session_id'> & Partial<SessionRow>)[];
}

export type LiveLine = TotalsLine | SessionsLine | RowsLine;

/** Columns of the same length, oldest first. */
export interface Minutes {
  readonly at: readonly number[];
  readonly connections: readonly number[];
  readonly sessions: readonly number[];
  readonly runs: readonly number[];
  readonly sent_per_s: readonly number[];
  readonly sent_bytes_per_s: readonly number[];
  readonly loop_delay_ms: readonly number[];
  readonly rss_bytes: readonly number[];
}

export interface History {
  readonly nodes: readonly { readonly node: string; readonly minutes: Minutes }[];
  readonly unreachable: readonly string[];
}

/** A session with all that its node knows of it. Times are ISO 8601. */
export interface SessionDetails {
  readonly session_id: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly protocol: 1 | 2;
  readonly status: Status;
  readonly transport: string;
  readonly node: string;
  readonly created_at: string;
  readonly connected_at: string;
  readonly last_activity: string;
  readonly disconnected_at: string | null;
  readonly expires_at: string | null;
  readonly resumes: number;
  readonly offset: number;
  readonly sent: number | null;
  readonly head: number;
  readonly lag: number;
  readonly waiting: string | null;
  readonly rtt_ms: number | null;
  readonly remote_address: string | null;
  readonly acknowledged_age_ms: number | null;
  readonly oldest_unacknowledged_ms: number;
  readonly delivered_per_s: number;
}

interface ConnectionFacts {
  readonly connection_id: string;
  readonly user_agent: string | null;
  readonly failed_upgrades: number;
  readonly buffered: { readonly packets: number; readonly bytes: number };
}

export interface OneSession {
  readonly session: SessionDetails;
  readonly connection: ConnectionFacts | null;
  readonly unreachable: readonly string[];
}

export interface Finding {
  readonly code: string;
  readonly at: string;
  readonly ongoing: boolean;
  readonly title: string;
  readonly evidence: readonly string[];
  readonly next: string;
}

export interface Findings {
  readonly findings: readonly Finding[];
  /** Servers whose part of the trace is missing. */
  readonly missing: readonly { readonly node: string }[];
  readonly unreachable: readonly string[];
}

export interface ThreadRow {
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly last_activity: string | null;
  readonly head: number;
  readonly first_kept: number | null;
  readonly running: boolean;
}

export interface FoundThreads {
  readonly threads: readonly ThreadRow[];
  readonly next: string | null;
}

export interface ThreadDetails {
  readonly thread_id: string;
  readonly exists: boolean;
  readonly epoch: string | null;
  readonly head: number;
  readonly first_kept: number | null;
  readonly sessions: readonly SessionDetails[];
  readonly more_sessions: boolean;
  readonly unreachable: readonly string[];
}

interface LogRow {
  readonly offset: number;
  readonly event: string;
  readonly bytes: number;
  readonly run_id: string | null;
}

export interface LogWindow {
  readonly head: number;
  readonly first_kept: number | null;
  readonly events: readonly LogRow[];
  readonly more: boolean;
}

/** The same with what was written. */
export interface WrittenWindow {
  readonly events: readonly (LogRow & { readonly data: unknown })[];
}

/** What an operator may do, beside looking. */
export interface OperatorRights {
  readonly actions: readonly string[];
  readonly payloads: boolean;
}

export interface Run {
  readonly run_id: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly node: string;
  readonly published: boolean;
  readonly state: 'waiting' | 'running' | 'ended';
  readonly started_at: string;
  readonly first_part_ms: number | null;
  readonly status: string | null;
  readonly ended_at: string | null;
  readonly error: string | null;
}

export interface Runs {
  readonly waiting: number;
  readonly running: number;
  readonly runs: readonly Run[];
  readonly unreachable: readonly string[];
}

export interface ThreadRuns {
  readonly runs: readonly {
    readonly run_id: string;
    readonly status: string;
    readonly node: string;
    readonly published: boolean;
    readonly started_at: string;
    readonly ended_at: string | null;
  }[];
  readonly next: string | null;
}
