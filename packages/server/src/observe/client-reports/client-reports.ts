/**
 * Reports of clients: whether a session may send one, where it is kept, and the step that tells of it. The newest report of a session
 * stays at the node that got it.
 */

import {
  type ClientReport,
  type Fault,
  fault,
  type Result,
  refused,
} from '@session-monitor/protocol';
import { unavailableFault } from '../../sessions/faults.js';
import type { Session } from '../../sessions/session.js';
import { isStoredSecret } from '../../sessions/stored-secret.js';
import type { SessionRecord, Store } from '../../stores/store.js';
import type { Clock } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import type { Logger, Trace } from '../trace.js';
import type { ReportStore } from './report-store.js';
import { writeReport } from './report-text.js';

export interface ClientReportsDeps {
  readonly node: string;
  readonly reports: ReportStore;
  /** The sessions on a connection of this node. */
  readonly registry: { get(session_id: string): Pick<Session, 'record'> | undefined };
  readonly store: Pick<Store, 'sessions'>;
  readonly clock: Pick<Clock, 'wall'>;
  readonly trace: Trace;
  readonly logger: Logger;
}

export class ClientReports {
  readonly #deps: ClientReportsDeps;

  constructor(deps: ClientReportsDeps) {
    this.#deps = deps;
  }

  /** Whether reports are kept at all. */
  get areKept(): boolean {
    return this.#deps.reports.kept !== 'nowhere';
  }

  /**
   * Resolves with the session that a secret speaks for; else `unauthenticated`, whether there is such a session or not. A
   * session on a connection of this node is known without the store. Rejects if the store fails.
   */
  async admit(session_id: string, secret: string | undefined): Promise<Result<SessionRecord>> {
    const { registry, store } = this.#deps;
    const value = registry.get(session_id)?.record ?? (await store.sessions.get(session_id));
    const isTheirs =
      value?.dialect === 2 && secret !== undefined && isStoredSecret(value.secret, secret);
    return isTheirs ? { ok: true, value } : refused(unknownFault);
  }

  /** Keeps a report in place of the session's former one. Resolves with the refusal if that fails. */
  async keep(
    { session_id, thread_id, user_id }: SessionRecord,
    report: ClientReport,
    address: string,
  ): Promise<Fault | undefined> {
    const { node, clock, reports, trace } = this.#deps;
    const head = { time: clock.wall(), node, session_id, thread_id };
    const text = writeReport(head, report);
    try {
      await reports.put(session_id, text);
    } catch (error) {
      return this.#refusalFor(error);
    }
    const bytes = Buffer.byteLength(text);
    const requested = report.requested === true;
    trace('reported', { session_id, thread_id, user_id, address, bytes, requested });
    return undefined;
  }

  #refusalFor(error: unknown): Fault {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') return fullFault;
    this.#deps.logger.error({ err: asError(error) }, 'The report of a client cannot be written');
    return unavailableFault;
  }
}

const unknownFault = fault(
  'unauthenticated',
  'The server knows no session of this name with this secret. Register, and send the report again.',
);

const fullFault = fault(
  'storage_full',
  'The disk of the server is nearly full: it keeps no reports at the moment.',
  // As often as the trace looks.
  { retry_after_ms: 10_000 },
);
