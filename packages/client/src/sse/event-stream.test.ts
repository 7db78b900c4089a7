import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventStreamParser, type StreamEvent } from './event-stream.js';

const parse = (...pieces: readonly string[]): readonly StreamEvent[] => {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

test('events end with an empty line; comments, ids and unknown fields are skipped', () => {
  const text =
    ': hello\n\nid: 7\nevent: a\ndata: {"x":1}\n\ndata:two\ndata: lines\n\nretry: 5\n\nevent: b\n';
  expect(parse(text)).toEqual([
    { event: 'a', data: '{"x":1}' },
    { event: 'message', data: 'two\nlines' },
  ]);
});

test('lines may end as a proxy likes', () => {
  expect(parse('event: a\r\ndata: 1\r\n\r\n')).toEqual([{ event: 'a', data: '1' }]);
});

test('in whatever pieces the text comes, the events are the same', () => {
  const text = 'event: a\r\ndata: {"text":"é😀"}\n\n: still here\n\nid: 9\ndata: x\ndata:\n\n';
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
      expect(parse(...pieces)).toEqual(parse(text));
    }),
  );
});
