/** What every answer says to browsers, over HTTP and of Engine.IO. A route may say otherwise. */

/** The part of a response that is used: for upgrades Engine.IO has another one than Node. */
interface Answer {
  setHeader(name: string, value: string): unknown;
}

const ANSWER_HEADERS = {
  // JSON and text of strangers are never a script, a style or a page.
  'x-content-type-options': 'nosniff',
  // What one user was answered stays out of the caches that the next one shares.
  'cache-control': 'no-store',
  // Addresses name threads.
  'referrer-policy': 'no-referrer',
  // No page elsewhere embeds an answer, where it could be measured or read by a side channel.
  'cross-origin-resource-policy': 'same-origin',
} as const;

export function setAnswerHeaders(answer: Answer): void {
  for (const [name, value] of Object.entries(ANSWER_HEADERS)) answer.setHeader(name, value);
}
