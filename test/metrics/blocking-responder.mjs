/** A responder for the alerts: `block` holds the event loop up, `hold` never ends. */

export default async function* ({ user_input }, { signal }) {
  yield 'One word.';
  if (user_input === 'block') {
    const end = performance.now() + 600;
    while (performance.now() < end);
  }
  if (user_input === 'hold') {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }
}
