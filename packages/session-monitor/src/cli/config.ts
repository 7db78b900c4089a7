/** Reads the configuration once, at start, from flags and environment, and checks what goes together. */

import { isAbsolute, relative, resolve, sep } from 'node:path';
import {
  asError,
  configError,
  isLoopback,
  isStrongKey,
  MIN_SECRET_BYTES,
  STRONG_KEY,
  TRACE_FOLDER,
} from '@session-monitor/server/internal';
import type { Variable } from './variable.js';
import {
  flagOf,
  VARIABLE_NAMES,
  VARIABLES,
  type VariableName,
  type Variables,
} from './variables.js';

/** An environment, or flags by the variable that each stands for. */
export type Given = Readonly<Record<string, string | undefined>>;

export type Config = {
  readonly [Name in keyof Variables]: Variables[Name] extends Variable<infer T> ? T : never;
};

/**
 * Reads the configuration. A flag wins over the environment; an empty value counts as none.
 *
 * @param flags by the variable that each stands for
 * @throws ServerError ERR_CONFIG: one line with the variable or flag, what it was and what is allowed
 */
export function readConfig(environment: Given, flags: Given = {}): Config {
  const config = readVariables(VARIABLE_NAMES, environment, flags);
  for (const check of CHECKS) check(config);
  return config;
}

/** All that is wrong with a configuration: the settings each by itself, and if they can be read, what does not go together. */
export function configProblems(environment: Given, flags: Given): readonly Error[] {
  const unreadable = VARIABLE_NAMES.flatMap((name) =>
    problemOf(() => readVariables([name], environment, flags)),
  );
  if (unreadable.length > 0) return unreadable;
  const config = readVariables(VARIABLE_NAMES, environment, flags);
  return CHECKS.flatMap((check) => problemOf(() => check(config)));
}

function problemOf(work: () => unknown): readonly Error[] {
  try {
    work();
    return [];
  } catch (thrown) {
    return [asError(thrown)];
  }
}

/**
 * The same for some of the variables, each by itself.
 *
 * @throws ServerError ERR_CONFIG
 */
export function readVariables<Name extends VariableName>(
  names: readonly Name[],
  environment: Given,
  flags: Given = {},
): Pick<Config, Name> {
  const entries = names.map((name) => {
    const variable: Variable<unknown> = VARIABLES[name];
    const given = flags[name] ?? environment[name];
    if (given === undefined || given === '') {
      return [name, name === 'MODE' ? defaultMode(environment) : variable.fallback];
    }
    const value = variable.read(given);
    if (value === undefined) {
      const shown = flags[name] === undefined ? name : flagOf(name);
      const what = variable.secret ? 'not readable' : JSON.stringify(given);
      const message = `${shown} is ${what}. Allowed: ${variable.allowed}.`;
      throw configError(message);
    }
    return [name, value];
  });
  return Object.fromEntries(entries);
}

/** A server that was started for production is not opened by a variable that was forgotten. */
const defaultMode = ({ NODE_ENV }: Given): Config['MODE'] =>
  NODE_ENV === 'production' ? 'production' : VARIABLES.MODE.fallback;

/** Whether every client on this machine, and no other, can reach the server and may do everything. */
export const isDevelopment = ({ MODE, HOST }: Pick<Config, 'MODE' | 'HOST'>): boolean =>
  MODE === 'development' && isLoopback(HOST);

/** Whether the demo page is served. */
export const servesDemo = (config: Pick<Config, 'MODE' | 'HOST' | 'DEMO'>): boolean =>
  config.DEMO === 'auto' ? isDevelopment(config) : config.DEMO === 'on';

/** Whether the dashboard is served. Where `/debug` is hidden it could show nothing. */
export const servesDashboard = (
  config: Pick<Config, 'MODE' | 'HOST' | 'DASHBOARD' | 'DEBUG_API_KEY'>,
): boolean =>
  config.DASHBOARD === 'auto'
    ? isDevelopment(config) || config.DEBUG_API_KEY !== ''
    : config.DASHBOARD === 'on';

const CHECKS: readonly ((config: Config) => void)[] = [
  checkKeys,
  checkTraceDirectory,
  checkIdleTimes,
  checkOpenAi,
  checkTokens,
];

/** Refuses a key that is short or known from the documentation. */
function checkKeys(config: Config): void {
  if (isDevelopment(config)) return;
  const { DEBUG_API_KEY, METRICS_KEY } = config;
  for (const [name, key] of Object.entries({ DEBUG_API_KEY, METRICS_KEY })) {
    if (key === '' || isStrongKey(key)) continue;
    throw configError(
      `${name} is the default or short. Allowed outside development: ${STRONG_KEY}.`,
    );
  }
}

/** The embedded store takes no other files for its own. */
function checkTraceDirectory({ TRACE_DIR, DATA_DIR, REDIS_URL }: Config): void {
  if (TRACE_DIR === '' || REDIS_URL !== '') return;
  const path = relative(resolve(DATA_DIR), resolve(TRACE_DIR));
  const [folder] = path.split(sep);
  if (folder === '..' || folder === TRACE_FOLDER || isAbsolute(path)) return;
  throw configError(
    `TRACE_DIR is ${JSON.stringify(TRACE_DIR)}. Allowed: a directory outside DATA_DIR, or '${TRACE_FOLDER}' in it.`,
  );
}

/** The server must ask a session before that session expires. */
function checkIdleTimes({ IDLE_AFTER_MS, EXPIRE_AFTER_MS }: Config): void {
  if (EXPIRE_AFTER_MS > IDLE_AFTER_MS) return;
  throw configError(
    `EXPIRE_AFTER_MS is "${EXPIRE_AFTER_MS}". Allowed: more than IDLE_AFTER_MS, which is ${IDLE_AFTER_MS}.`,
  );
}

/** One policy decides; a key set is of a provider that signs tokens for other apps, too. */
function checkTokens(config: Config): void {
  const { AUTHORIZE, AUTH_JWKS_URL, AUTH_SECRET, AUTH_ISSUER, AUTH_AUDIENCE } = config;
  const policies = { AUTHORIZE, AUTH_JWKS_URL, AUTH_SECRET };
  const given = Object.entries(policies).flatMap(([name, value]) => (value === '' ? [] : [name]));
  if (given.length > 1) {
    throw configError(`${given.join(' and ')} are set. Allowed: one of them.`);
  }
  if (AUTH_SECRET !== '' && Buffer.byteLength(AUTH_SECRET) < MIN_SECRET_BYTES) {
    throw configError(`AUTH_SECRET is short. Allowed: ${VARIABLES.AUTH_SECRET.allowed}.`);
  }
  if (AUTH_JWKS_URL === '') return;
  const missing = AUTH_ISSUER === '' ? 'AUTH_ISSUER' : AUTH_AUDIENCE === '' && 'AUTH_AUDIENCE';
  if (!missing) return;
  throw configError(
    `${missing} is empty. Allowed with AUTH_JWKS_URL: what the tokens of this app say. Its provider signs others, too.`,
  );
}

/** A model has a name; OpenAI itself wants a key. */
function checkOpenAi(config: Config): void {
  if (config.RESPONDER !== 'openai') return;
  const missing =
    config.OPENAI_MODEL === ''
      ? 'OPENAI_MODEL'
      : config.OPENAI_BASE_URL === '' && config.OPENAI_API_KEY === ''
        ? 'OPENAI_API_KEY'
        : undefined;
  if (missing === undefined) return;
  throw configError(
    `${missing} is empty. Allowed with RESPONDER "openai": a model, and a key unless OPENAI_BASE_URL is set.`,
  );
}
