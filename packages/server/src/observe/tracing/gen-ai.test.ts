import type { Json } from '@session-monitor/protocol';
import { expect, test } from 'vitest';
import { genAiAttributes } from './gen-ai.js';

test('a reply of an OpenAI-compatible model has its model, why it ended, and its tokens', () => {
  const usage = { model: 'm-1', finish_reason: 'stop', prompt_tokens: 3, completion_tokens: 5 };
  expect(genAiAttributes('t', { ...usage, total_tokens: 8 })).toEqual({
    'gen_ai.conversation.id': 't',
    'gen_ai.response.model': 'm-1',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 3,
    'gen_ai.usage.output_tokens': 5,
  });
});

test('tokens may have the names of the conventions', () => {
  expect(genAiAttributes('t', { input_tokens: 1, output_tokens: 2 })).toMatchObject({
    'gen_ai.usage.input_tokens': 1,
    'gen_ai.usage.output_tokens': 2,
  });
});

test.each<[string, Json | undefined]>([
  ['nothing', undefined],
  ['a list', ['stop']],
  ['other types', { model: 1, finish_reason: null, prompt_tokens: 'many' }],
])('a report of %s leaves only the conversation', (_, usage) => {
  expect(genAiAttributes('t', usage)).toEqual({ 'gen_ai.conversation.id': 't' });
});
