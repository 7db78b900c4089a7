/** A monitor's facts for a bug report, and nothing secret. */

import { pingIntervalMs } from '../../core/state.js';
import type { SessionMonitorOptions } from '../../follower/options.js';
import type { PageInfo, PluginContext } from '../../follower/plugin.js';
import type { SessionMonitorStatus } from '../../follower/status.js';
import { VERSION } from '../../version.js';
import type { TransportSummary, TransportWatch } from './transport-watch.js';

/** 20 bits of 130: they tell monitors apart. */
const INSTANCE_SHOWN = 4;

/** A plain object: `JSON.stringify` it into a bug report. It holds no token, no secret and no event. */
export interface Diagnostics {
  readonly version: string;
  /** ISO 8601. */
  readonly at: string;
  readonly status: SessionMonitorStatus;
  /** The instance is as good as a secret: only its beginning is here. */
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

export function diagnose(
  context: PluginContext,
  transports: TransportWatch,
  recent_log: readonly string[],
): Diagnostics {
  const { environment, options, storage } = context;
  const state = context.state();
  const { link, heartbeat, settings, session } = state;
  const status = context.status();
  const now = environment.now();
  return {
    version: VERSION,
    at: new Date(environment.wall()).toISOString(),
    status: { ...status, runs: status.runs.map((run) => ({ ...run, user_input: null })) },
    session: {
      instance: state.instance.slice(0, INSTANCE_SHOWN),
      generation: session?.generation ?? null,
    },
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
    transport: transports.summary(now),
    options: {
      since: settings.since,
      debug: options.debug === true,
      activity: options.activity !== false,
      has_token: options.token !== undefined,
      has_storage: storage !== null,
    },
    page: context.pageInfo(),
    user_agent: globalThis.navigator?.userAgent ?? null,
    recent_log,
  };
}
