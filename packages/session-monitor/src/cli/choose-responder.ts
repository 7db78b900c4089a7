/** Chooses the responder by the configuration. */

import {
  type Authorize,
  createDemoResponder,
  type Responder,
  ServerError,
} from '@session-monitor/server';
import { asError } from '@session-monitor/server/internal';
import type { Config } from './config.js';
import { loadFunction } from './load-module.js';

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

/** @throws ServerError ERR_CONFIG */
export const loadAuthorize = (path: string): Promise<Authorize> =>
  loadFunction('AUTHORIZE', path, 'a module whose default export is the authorize function');

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
    throw new ServerError(
      'ERR_CONFIG',
      `RESPONDER is "openai". Allowed if the package 'openai' is installed: npm install openai@6 (${asError(cause).message}).`,
      { cause },
    );
  }
}
