import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkOptions, type SessionMonitorOptions, settingsOf } from './options.js';
import { nearestName } from './unknown-names.js';

const check = (options: Record<string, unknown>) => checkOptions(options as SessionMonitorOptions);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('options', () => {
  test('have defaults', () => {
    expect(settingsOf({})).toMatchObject({ pingIntervalMs: 15_000, since: 'start', user_id: null });
    expect(() => check({ thread_id: undefined, since: undefined, storage: null })).not.toThrow();
  });

  const senseless: readonly [string, unknown][] = [
    ['pingInterval', -1],
    ['pingInterval', Number.NaN],
    ['pingInterval', 2 ** 31],
    ['pingInterval', '15000'],
    ['since', 'yesterday'],
    ['since', -1],
    ['since', 1.5],
    ['cursor', 'one without its thread'],
    ['user_id', 7],
    ['debug', 'yes'],
    ['token', 7],
    ['storage', {}],
    ['activity', 0],
    ['url', 7],
    ['fetch', {}],
  ];
  for (const [name, value] of senseless) {
    test(`${name}: ${String(value)} makes no sense, and what does is named`, () => {
      expect(() => check({ [name]: value })).toThrow(
        expect.objectContaining({
          code: 'ERR_BAD_OPTION',
          message: expect.stringMatching(new RegExp(`'${name}' is .*Allowed: .{8,}`)),
        }),
      );
    });
  }

  test('a thread_id outside its pattern has its own error code', () => {
    expect(() => check({ thread_id: 'no spaces' })).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_THREAD_ID' }),
    );
  });

  test('one that is not known is warned about once, with the name that was meant', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    check({ pingIntervall: 5_000 });
    check({ pingIntervall: 5_000 });
    await vi.waitFor(() => expect(warn).toHaveBeenCalled());
    expect(warn.mock.calls).toEqual([
      ["[SessionMonitor] There is no option 'pingIntervall'. Did you mean 'pingInterval'?"],
    ]);
    check({ quux: 1 });
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(2));
    expect(warn.mock.lastCall?.[0]).toMatch(/no option 'quux'\. Known: thread_id, user_id, /);
  });
});

describe('the nearest name', () => {
  const known = ['thread_id', 'user_id', 'pingInterval', 'token', 'url'];
  test('is the one with the fewest changes, whatever its case', () => {
    expect(nearestName('threadId', known)).toBe('thread_id');
    expect(nearestName('pingintervall', known)).toBe('pingInterval');
    expect(nearestName('tokens', known)).toBe('token');
    expect(nearestName('uri', known)).toBe('url');
  });
  test('is none if all are far away', () => {
    expect(nearestName('reconnectionDelayMax', known)).toBeUndefined();
    expect(nearestName('ab', known)).toBeUndefined();
  });
});
