import { expect, test } from 'vitest';
import { isResponderError, ResponderError } from './responder.js';

test('a reason to fail is known by its name, also from another copy of the class', () => {
  class ResponderErrorOfAnotherCopy extends Error {
    override readonly name = 'ResponderError';
    readonly code = 'no_credit';
  }
  expect(isResponderError(new ResponderError('no_credit', 'Nothing is left.'))).toBe(true);
  expect(isResponderError(new ResponderErrorOfAnotherCopy('Nothing is left.'))).toBe(true);
});

test.each([
  ['an error', new Error('no_credit')],
  ['one with a code', Object.assign(new Error('gone'), { code: 'ENOENT' })],
  ['one with the name alone', Object.assign(new Error('gone'), { name: 'ResponderError' })],
  ['an object', { name: 'ResponderError', code: 'no_credit', message: 'x' }],
  ['nothing', undefined],
])('%s is none', (_name, value) => {
  expect(isResponderError(value)).toBe(false);
});
