/** A pino logger whose lines a test can read. */

import { Writable } from 'node:stream';
import { pino } from 'pino';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The limits that were hit, as the log says it: each once a minute. */
export const hitsIn = (lines: readonly LogLine[]): readonly unknown[] =>
  lines.flatMap(({ limit }) => (limit === undefined ? [] : [limit]));

export function createLogger() {
  const lines: LogLine[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { logger: pino({ level: 'debug' }, stream), lines };
}
