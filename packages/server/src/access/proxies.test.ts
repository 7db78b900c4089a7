import { expect, test } from 'vitest';
import { forwardedScheme } from './proxies.js';

test.each([
  [{}, undefined],
  [{ 'x-forwarded-proto': 'https' }, 'https'],
  [{ 'x-forwarded-proto': 'HTTP' }, 'http'],
  // A client may have written the first one.
  [{ 'x-forwarded-proto': 'http, https' }, 'https'],
  [{ forwarded: 'for=192.0.2.1;proto=https' }, 'https'],
  [{ forwarded: 'proto="http";for=a, for=b;host=c;proto=https' }, 'https'],
  [{ forwarded: 'for=192.0.2.1' }, undefined],
  [{ forwarded: 'proto=https', 'x-forwarded-proto': 'http' }, 'http'],
  [{ 'x-forwarded-proto': 'wss' }, undefined],
])('%j: %s', (headers, scheme) => {
  expect(forwardedScheme(headers)).toBe(scheme);
});
