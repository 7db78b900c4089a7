/** Judges the key of the `/debug` routes. Pure. */

/** The key of the original README. */
export const DEVELOPMENT_DEBUG_KEY = 'debug_websocket_key';
const MIN_KEY_LENGTH = 16;

/** Whether a key may protect a server that other machines can reach. */
export const isStrongKey = (key: string): boolean =>
  key !== DEVELOPMENT_DEBUG_KEY && key.length >= MIN_KEY_LENGTH;
export const STRONG_KEY = `at least ${MIN_KEY_LENGTH} characters, not the default`;
