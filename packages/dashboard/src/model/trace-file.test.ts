import { expect, test } from 'vitest';
import { readTraceFile, tooLarge } from './trace-file.js';

const HEAD = {
  node: 'one',
  time: 9,
  nodes: [{ node: 'one', clock_offset_ms: 0, kept: 'files', stopped: null, dropped: 0 }],
  missing: [],
  next: null,
};
const LINES = [1, 2, 3].map((seq) => ({
  time: seq,
  seq,
  node: 'one',
  started_at: 0,
  step: 'idle',
}));
const trace = { ...HEAD, lines: LINES };
const inLines = [HEAD, ...LINES].map((each) => JSON.stringify(each)).join('\n');
/** As the server writes it: a line of text for each line of the trace. */
const asAnswered = `${JSON.stringify(HEAD).slice(0, -1)},"lines":[\n${LINES.map((each) => JSON.stringify(each)).join(',\n')}\n]}\n`;

test.each([
  ['a document', JSON.stringify(trace)],
  ['a document with indents', JSON.stringify(trace, null, 2)],
  ['an answer of the server', asAnswered],
  ['lines', inLines],
  ['lines with a line end', `${inLines}\n`],
])('%s is read', (_, text) => {
  expect(readTraceFile(text)).toEqual({ ok: true, trace });
});

test.each([
  ['a document', asAnswered.slice(0, -20)],
  ['lines', inLines.slice(0, -5)],
  ['the first line', JSON.stringify(HEAD).slice(0, 60)],
])('%s that was cut short is refused as such', (_, text) => {
  expect(readTraceFile(text)).toMatchObject({
    ok: false,
    reason: expect.stringContaining('cut short'),
  });
});

test.each([
  ['nothing', ''],
  ['a picture', '\u0089PNG\r\n'],
  ['other JSON', '{"name":"package"}'],
  ['a list', '[1,2,3]'],
  ['a page', '<!doctype html><script>alert(1)</script>'],
  ['a trace whose lines are none', JSON.stringify({ ...HEAD, lines: [{ time: 'now' }] })],
  ['a line with an object', JSON.stringify({ ...HEAD, lines: [{ ...LINES[0], user_id: {} }] })],
  ['a trace without nodes', JSON.stringify({ ...trace, nodes: [null] })],
])('%s is refused as foreign', (_, text) => {
  expect(readTraceFile(text)).toMatchObject({
    ok: false,
    reason: expect.stringContaining('no session trace'),
  });
});

test('the refusal of a large file says how large it may be', () => {
  expect(tooLarge(1e9)).toBe(
    'This file has 1000 MB. The page reads up to 67 MB: export fewer lines.',
  );
});

test('a report of the client is part of a trace, if it is one', () => {
  const client = {
    node: 'one',
    received_at: 9,
    note: '<b>It has stopped</b>',
    requested: false,
    diagnostics: { status: { state: 'live' } },
  };
  const read = (change: object) =>
    readTraceFile(JSON.stringify({ ...trace, client: { ...client, ...change } }));
  expect(read({})).toEqual({ ok: true, trace: { ...trace, client } });
  for (const change of [{ note: 7 }, { diagnostics: [] }, { received_at: '9' }]) {
    expect(read(change)).toMatchObject({ ok: false });
  }
});
