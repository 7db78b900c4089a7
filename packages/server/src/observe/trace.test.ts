import { expect, test } from 'vitest';
import { createTrace } from './trace.js';

function traced(fields: Record<string, string | number>) {
  const calls: { level: string; fields: object; message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void calls.push({ level, fields, message });
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  createTrace(logger)('bad_input', fields);
  createTrace(logger)('ping', fields);
  return calls;
}

test('the message is constant, values are fields, pings are quiet', () => {
  const fields = { event: 'x', n: 1 };
  expect(traced(fields)).toEqual([
    {
      level: 'info',
      fields: { step: 'bad_input', ...fields },
      message: '[SESSION_TRACE] bad_input',
    },
    { level: 'debug', fields: { step: 'ping', ...fields }, message: '[SESSION_TRACE] ping' },
  ]);
});

test('outside input stays on one line and moves no cursor', () => {
  const event = '\u001b[2J\r\n[SESSION_TRACE] forged\u2028\u2029\u009b31m\u007f\u202e\u0000\u0085';
  const line = JSON.stringify(traced({ event })[0]?.fields);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that must not be there
  expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
  expect(line).toContain('\\\\u2028');
});
