/** The default logger: writes warnings and errors to the console, so that none is lost in silence. */

import type { Logger } from './trace.js';

const line = (fields: object, message: string): string =>
  `[session-monitor] ${message} ${JSON.stringify(fields, writeError)}`;

/** JSON omits an error's fields. */
const writeError = (_name: string, value: unknown): unknown =>
  value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;

export const consoleLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => console.warn(line(fields, message)),
  error: (fields, message) => console.error(line(fields, message)),
  isLevelEnabled: () => false,
};
