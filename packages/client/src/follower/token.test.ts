import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { TokenSource } from './token.js';

function stage(token: unknown) {
  const clock = fakeClock();
  const source = new TokenSource(token as () => string, clock.after);
  const problem = () => source.get().then(String, (error: Error) => error.message);
  return { clock, source, problem };
}

test('a string is the token, and nothing is none', async () => {
  expect(await stage('text').source.get()).toBe('text');
  expect(await stage(undefined).source.get()).toBeNull();
  expect(await stage(() => undefined).source.get()).toBeNull();
  expect(await stage(async () => null).source.get()).toBeNull();
});

test('the app is asked for one at a time, and again for the next', async () => {
  let asked = 0;
  const { source, clock } = stage(async () => `token ${++asked}`);
  const first = [source.get(), source.get()];
  expect(source.isPending).toBe(true);
  expect(await Promise.all(first)).toEqual(['token 1', 'token 1']);
  expect(source.isPending).toBe(false);
  expect(await source.get()).toBe('token 2');
  expect(clock.pending).toBe(0);
});

test.each([
  [() => 7, "The option 'token' gave a value of the type number, not a string."],
  [() => ({}), "The option 'token' gave a value of the type object, not a string."],
  [() => Promise.reject('no'), "The option 'token' failed: no"],
  [() => JSON.parse('{'), "The option 'token' failed: SyntaxError"],
])('what is no token is refused', async (token, message) => {
  const { problem, clock } = stage(token);
  expect(await problem()).toContain(message);
  expect(clock.pending).toBe(0);
});

test('an app that does not answer is waited for ten seconds', async () => {
  const { problem, clock, source } = stage(() => new Promise(() => {}));
  const answered = problem();
  await clock.advance(9_999);
  expect(source.isPending).toBe(true);
  await clock.advance(1);
  expect(await answered).toBe("The option 'token' has not answered within 10 s.");
  expect(source.isPending).toBe(false);
});

test('a stopped source waits for nothing, and can be asked again', async () => {
  let answer = (_token: string) => {};
  const { problem, clock, source } = stage(
    () =>
      new Promise<string>((resolve) => {
        answer = resolve;
      }),
  );
  source.stop();
  const stopped = problem();
  source.stop();
  // Asked in the same breath: that is another question.
  const next = problem();
  answer('new');
  expect(await stopped).toContain('is not wanted any more');
  expect(await next).toBe('new');
  expect(clock.pending).toBe(0);
  source.stop();
});
