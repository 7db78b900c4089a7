/**
 * Checks every record of a database as a reader would: it is intact, in order and found under its key, and
 * the number of records equals LMDB's count. A damaged page that passes unnoticed would hide records or show
 * foreign ones. Runs in the preflight process.
 */

import { ServerError } from '../../util/errors.js';
import type { EventBatch } from '../event-batch.js';
import type { RunRecord, SessionRecord } from '../store.js';
import { FORMAT } from './directory.js';
import { placeWrites } from './entry-writes.js';
import {
  type Bookkeeping,
  type Entry,
  type Environment,
  type Operation,
  TABLES,
  type Table,
} from './environment.js';
import { readFormat } from './format.js';
import { decodeJournal } from './journal.js';
import { epochOfLogKey, messageKey } from './keys.js';
import { writeRun } from './lmdb-runs.js';
import { writeSession } from './lmdb-sessions.js';
import { damaged, decodeBatch, decodeJson } from './record.js';
import type { ThreadRecord } from './thread-record.js';

/** Records between two looks at the clock. */
const LOOK_EVERY = 64;

/**
 * @param outOfTime called now and then with the number of records so far. True ends the scan; later reads
 *   verify the rest
 * @throws ServerError ERR_STORE_CORRUPT
 */
export function scan(
  environment: Environment & Bookkeeping,
  outOfTime: (records: number) => boolean,
): void {
  new Scan(environment).run(outOfTime);
}

class Scan {
  readonly #environment: Environment & Bookkeeping;
  /** An older format lacks the newest tables: they are made at the first start. */
  readonly #current: boolean;
  /** By epoch, where its log begins. */
  readonly #bases = new Map<string, number>();
  #before: { readonly epoch: string; readonly last: number } | undefined;

  constructor(environment: Environment & Bookkeeping) {
    this.#environment = environment;
    this.#current = readFormat(environment) === FORMAT;
  }

  run(outOfTime: (records: number) => boolean): void {
    let before = 0;
    for (const table of TABLES) {
      let count = 0;
      let previous: Buffer | undefined;
      for (const entry of this.#environment.range(table, {})) {
        if (count % LOOK_EVERY === 0 && outOfTime(before + count)) return;
        count += 1;
        const { key } = entry;
        if (previous && previous.compare(key) >= 0) throw damaged(key, 'it is out of order');
        previous = key;
        this.#expectFound(table, key);
        this.#verify[table](entry);
      }
      const counted = this.#environment.count(table);
      if (count !== counted) throw lacking(table, count, counted);
      before += count;
    }
  }

  /** What a record of each table must be. */
  readonly #verify: Readonly<Record<Table, (entry: Entry) => void>> = {
    meta: ({ key, value }) => decodeJson(key, value),
    threads: ({ key, value }) => {
      const { epoch, base, entry } = decodeJson<ThreadRecord>(key, value);
      this.#bases.set(epoch, base);
      this.#expectIndexed(placeWrites(key.toString('utf8'), undefined, entry));
    },
    journal: ({ key, value }) => {
      for (const _ of decodeJournal(key, value));
    },
    logs: ({ key, value }) => {
      const { batch, messages } = decodeBatch(key, value);
      const epoch = epochOfLogKey(key);
      this.#expectNext(key, epoch, batch);
      // In a log that is being removed the message ids may be gone first.
      if (!this.#bases.has(epoch)) return;
      for (const [id] of messages) this.#expectFound('messages', messageKey(epoch, id));
    },
    spans: ({ key, value }) => decodeJson(key, value),
    messages: ({ key, value }) => decodeJson(key, value),
    graves: () => {},
    sessions: ({ key, value }) => {
      const record = decodeJson<SessionRecord>(key, value);
      this.#expectIndexed(writeSession(record.session_id, record));
    },
    runs: ({ key, value }) => {
      this.#expectIndexed(writeRun(decodeJson<RunRecord>(key, value)));
    },
    // Indexes: the records that they point to are checked for their index entries.
    thread_list: () => {},
    due: () => {},
    followings: () => {},
    run_ends: () => {},
    runs_of_threads: () => {},
  };

  /** The batches of a log follow each other, from its base. */
  #expectNext(key: Buffer, epoch: string, { first, last }: EventBatch): void {
    const before = this.#before?.epoch === epoch ? this.#before.last : this.#bases.get(epoch);
    if (before !== undefined && first !== before + 1) {
      throw damaged(key, `offset ${first} follows offset ${before}`);
    }
    this.#before = { epoch, last };
  }

  #expectIndexed(operations: readonly Operation[]): void {
    if (!this.#current) return;
    for (const { table, key } of operations) this.#expectFound(table, key);
  }

  #expectFound(table: Table, key: Buffer): void {
    if (this.#environment.get(table, key)) return;
    throw damaged(key, `it is not found in '${table}'`);
  }
}

const lacking = (table: Table, count: number, counted: number): ServerError =>
  new ServerError(
    'ERR_STORE_CORRUPT',
    `The table '${table}' is damaged: it should have ${counted} records and has ${count}. ` +
      'Stop the server and restore the data directory from a back-up.',
  );
