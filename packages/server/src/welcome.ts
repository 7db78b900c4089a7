/** What the command prints once it listens: where, on what data, and what is open and what is not. */

import { resolve } from 'node:path';
import { type Config, isDevelopment, servesDemo } from './config.js';
import { DEVELOPMENT_DEBUG_KEY } from './http/debug/gate.js';

/** @param address as it listens, `http://127.0.0.1:5001` */
export function welcome(address: string, config: Config): string {
  const rows = [
    ['Session Monitor', address],
    ['data', resolve(config.DATA_DIR)],
    ['mode', modeOf(config)],
    ['open', openIn(config).join('; ')],
    ['switched off', switchedOffIn(config).join('; ')],
  ] as const;
  const lines = rows
    .filter(([, text]) => text)
    .map(([name, text]) => `  ${name.padEnd(16)}  ${text}`);
  return `\n${lines.join('\n')}\n\n`;
}

function modeOf(config: Config): string {
  if (isDevelopment(config)) return 'development: for this machine only';
  if (config.MODE === 'production') return 'production';
  return `development, but others can reach ${config.HOST}: as strict as production`;
}

function openIn(config: Config): readonly string[] {
  const demo = servesDemo(config) ? ['the demo page (open the address)'] : [];
  if (!isDevelopment(config))
    return [...demo, ...(config.DEBUG_API_KEY ? ['/debug (its key)'] : [])];
  const key = config.DEBUG_API_KEY ? 'its key' : DEVELOPMENT_DEBUG_KEY;
  return [...demo, `/debug (key ${key})`];
}

function switchedOffIn(config: Config): readonly string[] {
  const demo = servesDemo(config) ? [] : ['the demo page (DEMO)'];
  if (isDevelopment(config)) {
    const authorize = config.AUTHORIZE
      ? []
      : ['authorisation: everybody here may do everything (AUTHORIZE)'];
    return [...demo, ...authorize];
  }
  return [...demo, ...(config.DEBUG_API_KEY ? [] : ['/debug (DEBUG_API_KEY)'])];
}
