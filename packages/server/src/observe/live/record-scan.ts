/**
 * Looks through the session records of the store, again and again, some at a time: sessions without a connection are only
 * there. A session that has left its node is looked up at once.
 */

import type { SessionServerInternals } from '../../session-engine.js';
import type { SessionRecord } from '../../stores/store.js';
import type { Cancel } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import type { SessionDirectory } from './session-directory.js';

/** A millisecond of work. */
const RECORDS_PER_PAGE = 200;
/** Between two pages, but in the first scan, for which viewers wait. */
const PAGE_REST_MS = 50;
/** From the end of a scan to the next. Changes come from the nodes; this finds what they do not say. */
const SCAN_REST_MS = 10_000;
/** Sessions that have left their nodes are looked up so many at a time. */
const CHECKS_AT_A_TIME = 50;
const CHECK_EVERY_MS = 250;
/** A session may leave before its record says so. */
const TRIES = 4;

export interface RecordScanDeps extends Pick<SessionServerInternals, 'store' | 'clock' | 'logger'> {
  readonly directory: SessionDirectory;
  /** Whether the node of a session that counts as connected has said all there is to say. */
  readonly isCarried: (record: SessionRecord) => boolean;
}

export class RecordScan {
  readonly #deps: RecordScanDeps;
  /** Sessions that have left, and how often they were looked up. */
  readonly #left = new Map<string, number>();
  #scans = 0;
  #isStopped = false;
  #isChecking = false;
  #cancels: Cancel[] = [];

  constructor(deps: RecordScanDeps) {
    this.#deps = deps;
  }

  /** Whether all records were looked at once. */
  get isComplete(): boolean {
    return this.#scans > 0;
  }

  /** Begins. Never rejects: a store that does not answer is asked again. */
  start(): void {
    void this.#scanAll();
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#cancels) cancel();
  }

  /** Looks a session up that has left its node. */
  check(id: string): void {
    this.#left.set(id, 0);
    this.#checkSoon();
  }

  async #scanAll(): Promise<void> {
    try {
      await this.#scan(this.#scans + 1);
      this.#scans += 1;
    } catch (error) {
      this.#warn(error);
    }
    if (!this.#isStopped) this.#later(SCAN_REST_MS, () => void this.#scanAll());
  }

  async #scan(scan: number): Promise<void> {
    const { store, directory } = this.#deps;
    for (let after = ''; !this.#isStopped; ) {
      const records = await store.sessions.list(after, RECORDS_PER_PAGE);
      for (const record of records) directory.record(record, scan, this.#deps.isCarried(record));
      const last = records.at(-1);
      if (!last || records.length < RECORDS_PER_PAGE) {
        directory.scanned(scan);
        return;
      }
      after = last.session_id;
      await new Promise<void>((resolve) => this.#later(scan === 1 ? 0 : PAGE_REST_MS, resolve));
    }
  }

  #checkSoon(): void {
    if (this.#isChecking || this.#isStopped) return;
    this.#isChecking = true;
    this.#later(CHECK_EVERY_MS, () => {
      this.#check()
        .catch((error: unknown) => this.#warn(error))
        .finally(() => {
          this.#isChecking = false;
          if (this.#left.size > 0) this.#checkSoon();
        });
    });
  }

  async #check(): Promise<void> {
    const { store, directory, isCarried } = this.#deps;
    const some = [...this.#left].slice(0, CHECKS_AT_A_TIME);
    for (const [id] of some) this.#left.delete(id);
    await Promise.all(
      some.map(async ([id, tries]) => {
        const record = await store.sessions.get(id);
        if (this.#isStopped) return;
        if (!record) {
          directory.unrecord(id);
          return;
        }
        directory.record(record, this.#scans + 1, isCarried(record));
        if (record.state === 'connected' && tries < TRIES) this.#left.set(id, tries + 1);
      }),
    );
  }

  #later(ms: number, call: () => void): void {
    const cancel = this.#deps.clock.after(ms, () => {
      this.#cancels = this.#cancels.filter((each) => each !== cancel);
      call();
    });
    this.#cancels.push(cancel);
  }

  #warn(error: unknown): void {
    if (this.#isStopped) return;
    this.#deps.logger.warn(
      { err: asError(error) },
      'The live list could not read sessions from the store; it tries again',
    );
  }
}
