import { describe, expect, test } from 'vitest';
import { composeReply, createDemoResponder, type DemoOptions } from './demo.js';
import { DEMO_CORPUS } from './demo-corpus.js';
import type { Part } from './responder.js';

const parts = (
  message: string,
  { words = 120, exact = false }: Partial<DemoOptions> = {},
): readonly Part[] => [...composeReply(message, { words, exact })];

const deltas = (message: string, options?: Partial<DemoOptions>): readonly string[] =>
  parts(message, options).flatMap(({ type, delta }) =>
    type === 'message' && typeof delta === 'string' ? [delta] : [],
  );

const reply = (message: string, options?: Partial<DemoOptions>): string =>
  deltas(message, options).join('');

describe('a reply', () => {
  const wanted = [1, 7, 30, 60, 120, 150, 300, 600, 2_000, 5_000];
  for (const words of wanted) {
    test(`of ${words} words ends with a sentence, a few words off`, () => {
      for (const { question: message } of DEMO_CORPUS) {
        const text = reply(`${message}, in ${words} words?`);
        expect(text).toMatch(/[.]$/);
        const count = deltas(`${message}, in ${words} words?`).length;
        expect(Math.abs(count - words)).toBeLessThan(30);
      }
    });
  }

  test('is as long as configured, or as the question asks for', () => {
    const options = { words: 12, exact: true };
    expect(deltas('What is a cursor?', options).length).toBe(12);
    expect(deltas('Explain cursors in 30 words.', options).length).toBe(30);
    expect(deltas('Say nothing, in 0 words').length).toBe(0);
    expect(deltas('In words, please', options).length).toBe(12);
    expect(deltas('Tell me everything in 999999 words', options).length).toBe(5_000);
  });

  test('has one word in each part, and Markdown between them', () => {
    for (const delta of deltas('What is a cursor, in 2000 words?')) {
      expect(delta.replace(/^\s*(- |## )?/, '')).toMatch(/^\S+$/);
    }
    const text = reply('What is a cursor, in 300 words?');
    expect(text).toMatch(/\n- /);
    expect(text).toMatch(/\*\*\w+\*\*/);
    expect(text).toMatch(/`[^`]+`/);
    expect(text).toMatch(/\n\n## \w/);
  });

  test('differs by question, and is the same for the same question', () => {
    const messages = [
      ...DEMO_CORPUS.map(({ question: message }) => `${message}?`),
      'Explain cursors',
      'Why would I want a cursor?',
      'What is the capital of France?',
      'Who painted this?',
    ];
    expect(new Set(messages.map((message) => reply(message))).size).toBe(messages.length);
    expect(reply('What is loss?')).toBe(reply('What is loss?'));
  });
});

describe('its subject', () => {
  const notes = (message: string) =>
    parts(message)
      .filter(({ type }) => type === 'analysis')
      .map(({ text }) => text);

  const subjects: readonly [question: string, note: string][] = [
    ['What is loss, in 300 words?', 'Found its subject: loss.'],
    ['What is a cursor?', 'Found its subject: cursors.'],
    ['Why is at-least-once not enough, in 300 words?', 'Found its subject: exactly-once delivery.'],
    [
      'How do long conversations survive bad networks, in 600 words?',
      'Found its subject: conversations on bad networks.',
    ],
    ['And if I kill -9 it?', 'Found its subject: servers that are killed.'],
    [
      'What is the capital of France, in 60 words?',
      'Found nothing about “capital of France”: this demo knows only how its words travel.',
    ],
    ['In 60 words', 'Found nothing about “this”: this demo knows only how its words travel.'],
    ['Hello!', 'Found nothing about “Hello”: this demo knows only how its words travel.'],
  ];
  test.each(subjects)('%s', (message, note) => {
    expect(notes(message)).toContain(note);
  });

  test('is in the words of the question if the demo knows nothing about it', () => {
    expect(reply('What is the capital of France?')).toMatch(
      /^This demo has no language model, so it knows nothing about “capital of France”\./,
    );
    const long = notes(`Explain ${'very '.repeat(30)}much`)[1] ?? '';
    expect(long).toMatch(/“(very ){9}…”/);
  });

  test('is found for the question that each section and each reply proposes', () => {
    for (const { question: message, topic } of DEMO_CORPUS) {
      expect(notes(`${message}?`)).toContain(`Found its subject: ${topic}.`);
      const next = parts(message).at(-1);
      expect(next).toMatchObject({
        type: 'next_action',
        question: expect.stringMatching(/150 words\?$/),
      });
      expect(next?.text).not.toBe(`${message}?`);
    }
  });
});

test('the parts come at their pace, and stop after an abort', async () => {
  const controller = new AbortController();
  const context = {
    signal: controller.signal,
    thread: { thread_id: 't', history: async () => [] },
    run: { run_id: 'r', started_at: 0 },
  };
  const request = { run_id: 'r', thread_id: 't', user_id: null, user_input: 'What is a cursor?' };
  const seen: unknown[] = [];
  const read = async () => {
    for await (const part of createDemoResponder({ partsPerSecond: 500 })(request, context)) {
      seen.push(part);
      if (seen.length === 10) controller.abort();
    }
  };
  await expect(read()).rejects.toThrow(/abort/);
  expect(seen.length).toBe(10);
});
