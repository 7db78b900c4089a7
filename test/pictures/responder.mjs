/** The demo's replies, but for questions about a failure: those fail in the middle. */

import { createDemoResponder } from '@session-monitor/server';

const respond = createDemoResponder({ words: 180, partsPerSecond: 30 });
const PARTS_BEFORE_IT = 40;

/** @type {import('@session-monitor/server').Responder} */
export default async function* picturesResponder(request, context) {
  const fails = request.user_input.includes('fail');
  let count = 0;
  for await (const part of respond(request, context)) {
    count += 1;
    if (fails && count > PARTS_BEFORE_IT) throw new Error('The model has closed the connection.');
    yield part;
  }
}
