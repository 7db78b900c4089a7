/** What an app must have outside development. */

import type { Authorize, Mode, Store } from '@session-monitor/server';
import { configError, isStrongKey, STRONG_KEY } from '@session-monitor/server/internal';

/** What decides whether an app is safe. */
interface Protected {
  readonly mode: Mode;
  readonly host: string;
  readonly authorize?: Authorize;
  readonly origins?: readonly string[];
  readonly debugApiKey?: string;
  readonly metricsKey?: string;
  readonly store: Pick<Store, 'kind' | 'durable'>;
}

/**
 * Outside development nothing is open by default.
 *
 * @throws ServerError ERR_CONFIG
 */
export function refuseUnsafe({
  mode,
  host,
  authorize,
  origins,
  store,
  debugApiKey,
  metricsKey,
}: Protected): void {
  const where = mode === 'production' ? 'In production' : `On ${host}, which others can reach,`;
  if (!authorize) {
    throw configError(
      `${where} an 'authorize' function is required: who may follow and post to which thread? ` +
        'Set AUTH_JWKS_URL or AUTH_SECRET for JSON Web Tokens, or AUTHORIZE to a module that exports one; or listen on 127.0.0.1 ' +
        'in development mode.',
    );
  }
  if (origins?.includes('*')) {
    throw configError(`${where} the origin '*' is refused. List the origins.`);
  }
  for (const [name, key] of Object.entries({ debugApiKey, metricsKey })) {
    if (key === undefined || isStrongKey(key)) continue;
    throw configError(`${where} this ${name} is refused. Allowed: ${STRONG_KEY}.`);
  }
  if (!store.durable) {
    throw configError(
      `${where} the store '${store.kind}' is refused: it is not durable. Use the embedded store.`,
    );
  }
}
