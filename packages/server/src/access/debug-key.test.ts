import { expect, test } from 'vitest';
import { isStrongKey } from './debug-key.js';

test('rejects a short key and the default key', () => {
  expect(['debug_websocket_key', '0123456789abcde', ''].map(isStrongKey)).toEqual([
    false,
    false,
    false,
  ]);
  expect(isStrongKey('0123456789abcdef')).toBe(true);
});
