/**
 * A custom responder, around a model of LangChain's shape:
 *
 *     RESPONDER=examples/responder.js npm start
 *
 * For the AI SDK it is `streamText({ model, messages, abortSignal: signal }).textStream` and `yield { type:
 * 'message', delta }`.
 */

import { model } from './toy-model.js';

/** @type {import('@session-monitor/server').Responder} */
export default async function* respond({ user_input }, { signal, thread }) {
  const roles = { user: 'human', assistant: 'ai' };
  const history = await thread.history({ maxBytes: 16_000 });
  const messages = history.map(({ role, text }) => [roles[role], text]);
  const stream = model.stream([...messages, ['human', user_input]], { signal });
  for await (const { content } of stream) yield { type: 'message', delta: content };
}
