/** Chooses the responder and the policy by the configuration, and loads the operator's code from the path that a variable names. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Authorize, createDemoResponder, type Responder } from '@session-monitor/server';
import { asError, configError } from '@session-monitor/server/internal';
import type { Config } from './config.js';
import type { VariableName } from './variables.js';

/** @throws ServerError ERR_CONFIG */
export async function chooseResponder(config: Config): Promise<Responder> {
  switch (config.RESPONDER) {
    case 'demo':
      return createDemoResponder({
        partsPerSecond: config.DEMO_PARTS_PER_SECOND,
        words: config.DEMO_WORDS,
      });
    case 'openai':
      return openAiResponder(config);
    default:
      return loadFunction(
        'RESPONDER',
        config.RESPONDER,
        'demo, openai, or a module whose default export is a responder',
      );
  }
}

/**
 * The operator's module, or the policy for JSON Web Tokens; undefined if neither is configured.
 *
 * @throws ServerError ERR_CONFIG
 */
export async function chooseAuthorize(config: Config): Promise<Authorize | undefined> {
  const { AUTHORIZE, AUTH_JWKS_URL, AUTH_SECRET, AUTH_ISSUER, AUTH_AUDIENCE } = config;
  if (AUTHORIZE) {
    const what = 'a module whose default export is the authorize function';
    return loadFunction('AUTHORIZE', AUTHORIZE, what);
  }
  if (!AUTH_JWKS_URL && !AUTH_SECRET) return undefined;
  const { authorizeByJwt } = await import('@session-monitor/server/jwt');
  return authorizeByJwt({
    ...(AUTH_JWKS_URL && { jwksUrl: AUTH_JWKS_URL }),
    ...(AUTH_SECRET && { secret: AUTH_SECRET }),
    ...(AUTH_ISSUER && { issuer: AUTH_ISSUER }),
    ...(AUTH_AUDIENCE && { audience: AUTH_AUDIENCE }),
    userClaim: config.AUTH_USER_CLAIM,
    threads: config.AUTH_THREADS,
  });
}

async function openAiResponder(config: Config): Promise<Responder> {
  const { OPENAI_MODEL, OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_HISTORY_TOKENS } = config;
  const { createOpenAiResponder } = await importOpenAi();
  return createOpenAiResponder({
    model: OPENAI_MODEL,
    ...(OPENAI_API_KEY && { apiKey: OPENAI_API_KEY }),
    ...(OPENAI_BASE_URL && { baseURL: OPENAI_BASE_URL }),
    historyTokens: OPENAI_HISTORY_TOKENS,
  });
}

async function importOpenAi() {
  try {
    return await import('@session-monitor/server/openai');
  } catch (cause) {
    throw configError(
      `RESPONDER is "openai". Allowed if the package 'openai' is installed: npm install openai@6 (${asError(cause).message}).`,
      { cause },
    );
  }
}

/**
 * The default export of a module, which must be a function; the caller vouches for its type.
 *
 * @throws ServerError ERR_CONFIG: one line with the variable, the path and what is wrong
 */
async function loadFunction<T>(variable: VariableName, path: string, what: string): Promise<T> {
  try {
    const module: { default?: unknown } = await import(pathToFileURL(resolve(path)).href);
    if (typeof module.default === 'function') return module.default as T;
    throw new TypeError('its default export is not a function');
  } catch (cause) {
    const message = `${variable} is ${JSON.stringify(path)}. Allowed: ${what} (${asError(cause).message}).`;
    throw configError(message, { cause });
  }
}
