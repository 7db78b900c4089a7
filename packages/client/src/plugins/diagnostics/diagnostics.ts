/** A monitor's facts for a bug report, and nothing secret. */

import { pingIntervalMs, type State } from '../../core/state.js';
import type { SessionMonitorOptions } from '../../follower/options.js';
import type { PageInfo } from '../../follower/plugin.js';
import type { SessionMonitorStatus } from '../../follower/status.js';
import { VERSION } from '../../version.js';
import type { TransportSummary } from './transport-watch.js';

/** A plain object: `JSON.stringify` it into a bug report. It holds no token, no secret and no event. */
export interface Diagnostics {
  readonly version: string;
  /** ISO 8601. */
  readonly at: string;
  readonly status: SessionMonitorStatus;
  readonly session: { readonly instance: string; readonly generation: number | null };
  readonly link: {
    readonly up: boolean;
    /** Milliseconds since the namespace connected; null if it is not. */
    readonly up_ms: number | null;
    readonly failures: number;
    readonly registrations: number;
  };
  readonly heartbeat: {
    readonly interval_ms: number;
    readonly deviation_ms: number;
    readonly missed: number;
    /** Milliseconds since anything arrived from the server on this link. */
    readonly silent_ms: number | null;
  };
  readonly transport: TransportSummary;
  readonly options: {
    readonly since: SessionMonitorOptions['since'];
    readonly debug: boolean;
    readonly activity: boolean;
    readonly has_token: boolean;
    readonly has_storage: boolean;
  };
  /** Null where there is no page. */
  readonly page: PageInfo | null;
  readonly user_agent: string | null;
  /** The newest lines of the monitor's log. */
  readonly recent_log: readonly string[];
}

export interface DiagnosticsDeps {
  readonly state: State;
  readonly status: SessionMonitorStatus;
  readonly options: SessionMonitorOptions;
  readonly hasStorage: boolean;
  readonly transport: TransportSummary;
  readonly page: PageInfo | null;
  readonly recent_log: readonly string[];
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Milliseconds since 1970. */
  readonly wall: number;
}

export function diagnose(deps: DiagnosticsDeps): Diagnostics {
  const { state, status, options, hasStorage, transport, page, recent_log, now, wall } = deps;
  const { link, heartbeat, settings, session } = state;
  return {
    version: VERSION,
    at: new Date(wall).toISOString(),
    status,
    session: { instance: state.instance, generation: session?.generation ?? null },
    link: {
      up: link.up,
      up_ms: link.up ? Math.round(now - link.since) : null,
      failures: link.failures,
      registrations: state.attempt,
    },
    heartbeat: {
      interval_ms: pingIntervalMs(state),
      deviation_ms: Math.round(heartbeat.deviationMs * 10) / 10,
      missed: heartbeat.missed,
      silent_ms: link.up ? Math.round(now - heartbeat.heardAt) : null,
    },
    transport,
    options: {
      since: settings.since,
      debug: options.debug === true,
      activity: options.activity !== false,
      has_token: options.token !== undefined,
      has_storage: hasStorage,
    },
    page,
    user_agent: globalThis.navigator?.userAgent ?? null,
    recent_log,
  };
}
