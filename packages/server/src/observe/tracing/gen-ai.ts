/**
 * Attributes of the GenAI semantic conventions for a run. All of those conventions are in development, so that their names
 * may change: a span has them only if the operator opts in.
 */

import type { Json } from '@session-monitor/protocol';
import type { AttributesOf } from './timed-span.js';

/**
 * @param usage what the responder reports of the reply's cost, as OpenAI and compatible servers call it: `model`,
 *   `finish_reason`, `prompt_tokens` or `input_tokens`, `completion_tokens` or `output_tokens`
 */
export function genAiAttributes(
  thread_id: string,
  usage: Json | undefined,
): AttributesOf<'session_monitor.run'> {
  const known = typeof usage === 'object' && usage !== null && !Array.isArray(usage) ? usage : {};
  const { model, finish_reason } = known as Record<string, unknown>;
  const input = firstNumber(known, ['input_tokens', 'prompt_tokens']);
  const output = firstNumber(known, ['output_tokens', 'completion_tokens']);
  return {
    'gen_ai.conversation.id': thread_id,
    ...(typeof model === 'string' && { 'gen_ai.response.model': model }),
    ...(typeof finish_reason === 'string' && { 'gen_ai.response.finish_reasons': [finish_reason] }),
    ...(input !== undefined && { 'gen_ai.usage.input_tokens': input }),
    ...(output !== undefined && { 'gen_ai.usage.output_tokens': output }),
  };
}

const firstNumber = (fields: object, names: readonly string[]): number | undefined =>
  names
    .map((name) => (fields as Record<string, unknown>)[name])
    .find((value) => typeof value === 'number');
