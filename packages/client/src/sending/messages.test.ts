import { LIMITS } from '@session-monitor/protocol';
import { expect, test } from 'vitest';
import { checkEvent } from './messages.js';

test.each([
  ['as many ASCII letters as fit', 'x'.repeat(LIMITS.maxSentEventBytes - 100), true],
  ['more than fit', 'x'.repeat(LIMITS.maxSentEventBytes), false],
  [
    'letters of two bytes, half as many of which fit',
    'ü'.repeat(LIMITS.maxSentEventBytes / 2),
    false,
  ],
])('an event of %s', (_, data, isSendable) => {
  const check = () => checkEvent('note', data);
  if (isSendable) expect(check).not.toThrow();
  else expect(check).toThrow(`at most ${LIMITS.maxSentEventBytes} bytes`);
});
