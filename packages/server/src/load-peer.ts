/** Loads packages that only some apps need, when they are needed. */

import { ServerError } from './util/errors.js';

/**
 * @param name the package; `load` imports it
 * @throws ServerError ERR_PEER_MISSING if it is not installed: the message says how to install it
 */
export async function loadPeer<T>(name: string, what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as { readonly code?: unknown; readonly message?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    if (!isMissing || !String(message).includes(`'${name}'`)) throw cause;
    throw new ServerError(
      'ERR_PEER_MISSING',
      `${what} needs the package '${name}', which is not installed: npm install ${name}`,
      { cause },
    );
  }
}
