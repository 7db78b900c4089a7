/** What the command prints once it listens: where, on what data, and what is open and what is not. */

import { resolve } from 'node:path';
import { DEVELOPMENT_DEBUG_KEY, readAddress, showAddress } from '@session-monitor/server/internal';
import { type Config, isDevelopment, servesDashboard, servesDemo } from './config.js';

/** @param address as it listens, `http://127.0.0.1:5001` */
export function welcome(address: string, config: Config): string {
  const rows = [
    ['Session Monitor', address],
    ['data', whereData(config)],
    ['mode', modeOf(config)],
    ['open', openIn(config).join('; ')],
    ['switched off', switchedOffIn(config).join('; ')],
  ] as const;
  const lines = rows
    .filter(([, text]) => text)
    .map(([name, text]) => `  ${name.padEnd(16)}  ${text}`);
  return `\n${lines.join('\n')}\n\n`;
}

const whereData = ({ REDIS_URL, DATA_DIR }: Config): string =>
  REDIS_URL === '' ? resolve(DATA_DIR) : `Redis at ${showAddress(readAddress(REDIS_URL))}`;

function modeOf(config: Config): string {
  if (isDevelopment(config)) return 'development: for this machine only';
  if (config.MODE === 'production') return 'production';
  return `development, but others can reach ${config.HOST}: as strict as production`;
}

function openIn(config: Config): readonly string[] {
  const pages = [
    ...(servesDemo(config) ? ['the demo page (open the address)'] : []),
    ...(servesDashboard(config) ? ['the dashboard (/dashboard)'] : []),
  ];
  const { DEBUG_API_KEY, METRICS_KEY } = config;
  if (!isDevelopment(config)) {
    const debug = DEBUG_API_KEY ? ['/debug (its key)'] : [];
    const metrics = METRICS_KEY ? ['/metrics (its key)'] : debug.map(() => '/metrics (that key)');
    return [...pages, ...debug, ...metrics];
  }
  const key = DEBUG_API_KEY ? 'its key' : DEVELOPMENT_DEBUG_KEY;
  return [...pages, `/debug (key ${key})`, '/metrics'];
}

const hasPolicy = ({ AUTHORIZE, AUTH_JWKS_URL, AUTH_SECRET }: Config): boolean =>
  [AUTHORIZE, AUTH_JWKS_URL, AUTH_SECRET].some((each) => each !== '');

function switchedOffIn(config: Config): readonly string[] {
  // Without the key of /debug it could show nothing, and that is said below.
  const mayServe = isDevelopment(config) || config.DEBUG_API_KEY !== '';
  const pages = [
    ...(servesDemo(config) ? [] : ['the demo page (DEMO)']),
    ...(servesDashboard(config) || !mayServe ? [] : ['the dashboard (DASHBOARD)']),
  ];
  if (isDevelopment(config)) {
    const authorize = hasPolicy(config)
      ? []
      : ['authorisation: any client on this machine may do everything (AUTHORIZE)'];
    return [...pages, ...authorize];
  }
  const { DEBUG_API_KEY, METRICS_KEY } = config;
  const debug = DEBUG_API_KEY ? [] : ['/debug (DEBUG_API_KEY)'];
  const metrics = DEBUG_API_KEY || METRICS_KEY ? [] : ['/metrics (METRICS_KEY)'];
  return [...pages, ...debug, ...metrics];
}
