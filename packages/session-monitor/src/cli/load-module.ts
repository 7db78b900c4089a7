/** Loads the operator's code from the path that a variable names. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ServerError } from '@session-monitor/server';
import { asError } from '@session-monitor/server/internal';
import type { VariableName } from './config.js';

/**
 * The default export of a module, which must be a function; the caller vouches for its type.
 *
 * @throws ServerError ERR_CONFIG: one line with the variable, the path and what is wrong
 */
export async function loadFunction<T>(
  variable: VariableName,
  path: string,
  what: string,
): Promise<T> {
  try {
    const module: { default?: unknown } = await import(pathToFileURL(resolve(path)).href);
    if (typeof module.default === 'function') return module.default as T;
    throw new TypeError('its default export is not a function');
  } catch (cause) {
    const message = `${variable} is ${JSON.stringify(path)}. Allowed: ${what} (${asError(cause).message}).`;
    throw new ServerError('ERR_CONFIG', message, { cause });
  }
}
