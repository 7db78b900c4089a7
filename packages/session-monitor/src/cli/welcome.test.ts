import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from './config.js';
import { welcome } from './welcome.js';

const KEY = 'a-long-key-of-this-test-alone';

const say = (environment: Record<string, string>) =>
  welcome('http://127.0.0.1:5001', readConfig(environment));

test('says in a few lines where, on what data, and what is open and off in development', () => {
  expect(say({}).trimEnd().split('\n')).toEqual([
    '',
    '  Session Monitor   http://127.0.0.1:5001',
    `  data              ${resolve('data')}`,
    '  mode              development: for this machine only',
    '  open              the demo page (open the address); the dashboard (/dashboard); /debug (key debug_websocket_key); /metrics',
    '  switched off      authorisation: any client on this machine may do everything (AUTHORIZE)',
  ]);
});

test('says that callers may do everything only if no policy is configured', () => {
  const policies: readonly Record<string, string>[] = [
    { AUTHORIZE: './authorize.js' },
    { AUTH_SECRET: 'a secret of at least 32 characters!' },
    { AUTH_JWKS_URL: 'https://login.example/keys', AUTH_ISSUER: 'me', AUTH_AUDIENCE: 'chat' },
  ];
  for (const policy of policies) expect(say(policy)).not.toContain('may do everything');
});

test('says what production has switched off', () => {
  const text = say({ MODE: 'production', AUTHORIZE: './authorize.js' });
  expect(text).toMatch(/mode +production\n/);
  expect(text).toMatch(
    /switched off +the demo page \(DEMO\); \/debug \(DEBUG_API_KEY\); \/metrics \(METRICS_KEY\)\n/,
  );
  expect(text).not.toMatch(/^ +open /m);

  const scraped = say({ MODE: 'production', AUTHORIZE: 'x', METRICS_KEY: KEY });
  expect(scraped).toMatch(/open +\/metrics \(its key\)\n/);
  expect(scraped).toMatch(/switched off +the demo page \(DEMO\); \/debug \(DEBUG_API_KEY\)\n/);
});

test('says whether the dashboard is served', () => {
  const production = { MODE: 'production', AUTHORIZE: 'x', DEBUG_API_KEY: KEY };
  expect(say(production)).toMatch(/open +the dashboard \(\/dashboard\); \/debug \(its key\)/);
  for (const environment of [{}, production]) {
    expect(say({ ...environment, DASHBOARD: 'off' })).toMatch(
      /switched off .*the dashboard \(DASHBOARD\)/,
    );
  }
});

test('never prints a configured key', () => {
  const keys = { DEBUG_API_KEY: KEY, METRICS_KEY: KEY };
  const texts = [say(keys), say({ ...keys, MODE: 'production', DEMO: 'on' })];
  for (const text of texts) expect(text).not.toContain(KEY);
  expect(texts[1]).toMatch(/open +the demo page.*\/debug \(its key\)/);
});

test('says that development on an address of others is as strict as production', () => {
  expect(say({ HOST: '0.0.0.0', AUTHORIZE: 'x' })).toMatch(/others can reach 0\.0\.0\.0/);
});
