/** JSON over HTTP: what a test posts, and how it is refused. */

/** A request that posts JSON. */
export const jsonPost = (body: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** Posts a message to a thread. Resolves with the stream of its reply. */
export const postMessage = (url: string, thread_id: string, user_input: string) =>
  fetch(`${url}/havefun`, jsonPost({ thread_id, user_input, use_websocket: true }));

/** The status, the code and, if the error names one, the field of a refused request. */
export async function refusalOf(
  answer: Response | { readonly status: number; readonly text: string },
): Promise<readonly (number | string)[]> {
  const text = typeof answer.text === 'string' ? answer.text : await answer.text();
  const { code, field } = JSON.parse(text).error as { code: string; field?: string };
  return [answer.status, code, ...(field === undefined ? [] : [field])];
}
