import { expect, test } from 'vitest';
import { readConfig } from './config.js';
import { unsafeSettings } from './safety.js';

const SAFE = {
  MODE: 'production',
  ALLOWED_HOSTS: 'chat.example.com',
  ORIGINS: 'https://chat.example.com',
};
const USER = { flags: [], isRoot: false };

test('a configuration for production may be without a finding', () => {
  expect(unsafeSettings(readConfig(SAFE), USER)).toEqual([]);
  const redis = { REDIS_URL: 'rediss://:secret@redis.example.com:6379' };
  expect(unsafeSettings(readConfig({ ...SAFE, ...redis }), USER)).toEqual([]);
});

test.each([
  [{ ALLOWED_HOSTS: '' }, 'ALLOWED_HOSTS', 'List its host names.'],
  [{ HOST: '0.0.0.0' }, 'HOST', 'set TRUST_PROXY=yes.'],
  [{ ORIGINS: 'http://chat.example.com' }, 'ORIGINS', 'Use https.'],
  [
    { DEBUG_KEY_IN_URL: 'yes', DEBUG_API_KEY: 'k'.repeat(8).concat('9aZ-3bY_7cX!') },
    'DEBUG_KEY_IN_URL',
    'send the key in the header',
  ],
  [{ LIMIT_PACKETS_PER_SECOND: '0' }, 'LIMIT_PACKETS_PER_SECOND', 'Leave it out for 200.'],
  [{ REGISTER_TIMEOUT_MS: '0' }, 'REGISTER_TIMEOUT_MS', 'Leave it out for 10000.'],
  [{ RETENTION_BYTES: '0' }, 'RETENTION_BYTES', 'Leave it out for'],
  [{ REDIS_URL: 'redis://:secret@redis.example.com:6379' }, 'REDIS_URL', 'Use rediss://.'],
  [{ REDIS_URL: 'rediss://redis.example.com:6379' }, 'REDIS_URL', 'Give Redis one.'],
  [
    { REDIS_URL: 'redis://127.0.0.1:6379', REDIS_WAIVE: 'appendfsync' },
    'REDIS_WAIVE',
    'leave the waiver out.',
  ],
])('%j is unsafe, and the line says what to do', (change, setting, cure) => {
  const found = unsafeSettings(readConfig({ ...SAFE, ...change }), USER);
  expect(found.map((each) => each.setting)).toEqual([setting]);
  expect(found[0]?.text).toContain(cure);
  expect(found[0]?.text).not.toContain('secret');
});

test('a process with too many rights is unsafe', () => {
  const found = unsafeSettings(readConfig(SAFE), { flags: [], isRoot: true });
  expect(found).toMatchObject([{ setting: 'user' }]);
});

test('in development only a secret on the command line is', () => {
  const config = readConfig({ LIMIT_PACKETS_PER_SECOND: '0' });
  expect(unsafeSettings(config, { flags: [], isRoot: true })).toEqual([]);
  const found = unsafeSettings(config, { flags: ['DEBUG_API_KEY', 'PORT'], isRoot: true });
  expect(found).toMatchObject([{ setting: 'DEBUG_API_KEY' }]);
  expect(found[0]?.text).toMatch(/^--debug-api-key stands on the command line/);
});
