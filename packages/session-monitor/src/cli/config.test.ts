import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isDevelopment, readConfig, servesDemo } from './config.js';
import { traceOf } from './settings.js';
import { VARIABLES } from './variables.js';

test('an empty environment gives the documented defaults', () => {
  expect(readConfig({})).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 5001,
    DATA_DIR: './data',
    MODE: 'development',
    DEBUG_API_KEY: '',
    LOG_LEVEL: 'info',
    ORIGINS: [],
  });
});

test('an empty value counts as none', () => {
  expect(readConfig({ PORT: '' }).PORT).toBe(5001);
});

test.each(['DEBUG_API_KEY', 'METRICS_KEY'])('outside development %s is long', (name) => {
  const production = { MODE: 'production', AUTHORIZE: 'x' };
  for (const key of ['short', 'debug_websocket_key']) {
    expect(() => readConfig({ ...production, [name]: key })).toThrow(
      `${name} is the default or short.`,
    );
    expect(readConfig({ [name]: key })).toMatchObject({ [name]: key });
  }
  const key = 'a-long-key-of-this-test-alone';
  expect(readConfig({ ...production, [name]: key })).toMatchObject({ [name]: key });
});

test('lists and numbers are read', () => {
  const config = readConfig({ ORIGINS: 'https://a.example, http://b:8080', PORT: '0' });
  expect(config).toMatchObject({ ORIGINS: ['https://a.example', 'http://b:8080'], PORT: 0 });
  const { ALLOWED_HOSTS } = readConfig({ ALLOWED_HOSTS: 'chat.example.com,[::1]:5001' });
  expect(ALLOWED_HOSTS).toEqual(['chat.example.com', '[::1]:5001']);
  expect(() => readConfig({ ALLOWED_HOSTS: 'https://chat.example.com' })).toThrow(
    'ALLOWED_HOSTS is "https://chat.example.com". Allowed: host names like chat.example.com',
  );
});

test('a bad value is one line with the variable, the value and what is allowed', () => {
  expect(() => readConfig({ PORT: '1e3' })).toThrow(
    'PORT is "1e3". Allowed: a whole number from 0 to 65535.',
  );
});

test('every variable stands in the documentation as it is', () => {
  const table = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
  for (const [name, { help, allowed, fallback }] of Object.entries(VARIABLES)) {
    const shown = String(fallback) === '' ? 'none' : `\`${fallback}\``;
    expect(table).toContain(`| \`${name}\` | ${help} | ${allowed} | ${shown} |`);
  }
});

test('the session trace is kept beside the embedded store, and not among its files', () => {
  const trace = (environment: Record<string, string>) => traceOf(readConfig(environment));
  const ages = { maxAgeMs: 48 * 3_600_000 };
  expect(trace({ DATA_DIR: '/data' })).toEqual({
    ...ages,
    directory: '/data/trace',
    maxBytes: 256 * 1024 * 1024,
  });
  expect(trace({ TRACE_DIR: '/traces', TRACE_MB: '1', TRACE_HOURS: '2' })).toEqual({
    directory: '/traces',
    maxBytes: 1024 * 1024,
    maxAgeMs: 7_200_000,
  });
  expect(trace({ TRACE: 'off' })).toBe(false);
  // Several servers may have one Redis, and each needs a directory for itself.
  const REDIS_URL = 'redis://localhost';
  expect(trace({ REDIS_URL })).toEqual(ages);
  expect(trace({ REDIS_URL, TRACE_DIR: '/traces' })).toMatchObject({ directory: '/traces' });
  for (const TRACE_DIR of ['/data', '/data/traces', '/data/trace2']) {
    expect(() => readConfig({ DATA_DIR: '/data', TRACE_DIR })).toThrow(
      "Allowed: a directory outside DATA_DIR, or 'trace' in it.",
    );
  }
  expect(trace({ DATA_DIR: '/data', TRACE_DIR: '/data/trace' })).toBeTruthy();
  expect(trace({ DATA_DIR: '/data', TRACE_DIR: '/data-traces' })).toBeTruthy();
});

test('the demo page is served in development, elsewhere on request', () => {
  const given = [
    {},
    { DEMO: 'off' },
    { HOST: '0.0.0.0' },
    { MODE: 'production' },
    { MODE: 'production', DEMO: 'on' },
  ];
  const configs = given.map((environment) => readConfig(environment));
  expect(configs.map(servesDemo)).toEqual([true, false, false, false, true]);
  expect(configs.map(isDevelopment)).toEqual([true, true, false, false, false]);
});

test('without MODE, NODE_ENV=production is production', () => {
  const modeOf = (environment: Record<string, string>, flags = {}) =>
    readConfig({ AUTHORIZE: 'x', ...environment }, flags).MODE;
  const NODE_ENV = 'production';
  expect(modeOf({ NODE_ENV })).toBe('production');
  expect(modeOf({ NODE_ENV, MODE: '' })).toBe('production');
  expect(modeOf({ NODE_ENV, MODE: 'development' })).toBe('development');
  expect(modeOf({ NODE_ENV }, { MODE: 'development' })).toBe('development');
  expect(modeOf({ NODE_ENV: 'test' })).toBe('development');
});

test('an address of Redis is read, and one with a password is never shown', () => {
  const allowed = [
    'redis://localhost',
    'rediss://user:p%40ss@redis.example.com:6380/2',
    'redis+cluster://a:7000,b:7001,[::1]:7002',
    'redis+sentinel://:secret@s1:26379,s2/my-primary',
    'unix:///run/redis.sock',
  ];
  for (const url of allowed) expect(readConfig({ REDIS_URL: url }).REDIS_URL).toBe(url);
  const refused = [
    ...['localhost:6379', 'redis://a,b', 'redis://host:99999', 'redis://host/db', 'unix://'],
    ...['redis+sentinel://s1:26379', 'redis+cluster://a/1', 'http://user:hunter2@host'],
  ];
  for (const url of refused) {
    const read = () => readConfig({ REDIS_URL: url });
    expect(read, url).toThrow('REDIS_URL is not readable. Allowed: redis://');
    expect(read, url).not.toThrow('hunter2');
  }
  expect(() => readConfig({ REDIS_WAIVE: 'appendfsync,nothing' })).toThrow('names out of version');
});
