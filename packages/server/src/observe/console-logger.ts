/** Where warnings and errors go in an app that gives no logger: nothing of importance is lost in silence. */

import type { Logger } from './trace.js';

const line = (fields: object, message: string): string =>
  `[session-monitor] ${message} ${JSON.stringify(fields, writeError)}`;

/** An error's fields do not show in JSON. */
const writeError = (_name: string, value: unknown): unknown =>
  value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;

export const consoleLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => console.warn(line(fields, message)),
  error: (fields, message) => console.error(line(fields, message)),
  isLevelEnabled: () => false,
};
