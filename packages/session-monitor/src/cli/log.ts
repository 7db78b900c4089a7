/** The log of the command, on its standard output. A log that cannot be written never ends the server. */

import { type Logger, pino } from 'pino';
import type { Config } from './config.js';
import { LogOutput } from './log-output.js';

/** Node ends a process whose output fails without a listener: a full disk (ENOSPC), a reader that has gone (EPIPE). */
export function outliveOutputs(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
}

export function createLogger({ LOG_LEVEL: level }: Pick<Config, 'LOG_LEVEL'>): Logger {
  if (process.stdout.isTTY) {
    return pino({
      level,
      transport: {
        target: 'pino-pretty',
        options: { ignore: 'pid,hostname,step', singleLine: true },
      },
    });
  }
  const output = new LogOutput(process.stdout.fd);
  process.on('exit', () => output.flushSync());
  return pino({ level }, output);
}
