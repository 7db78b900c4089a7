import { LIMITS } from '@session-monitor/protocol';
import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../stores/memory.js';
import { encodeEvent, publish } from './publish.js';

const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

describe('an event', () => {
  test('is nested at most 64 deep, whatever is in its texts', () => {
    const { maxProgramEventDepth: max, maxEventBytes: maxBytes } = LIMITS;
    const shallow = { maxBytes, maxDepth: 16 };
    expect(encodeEvent('note', nested(max))).toContain('["note",[[');
    expect(encodeEvent('note', '['.repeat(1_000))).toContain('[[');
    expect(() => encodeEvent('note', nested(max + 1))).toThrow(/nested more than 64 deep/);
    expect(() => encodeEvent('note', nested(17), shallow)).toThrow(/nested more than 16 deep/);
    expect(encodeEvent('note', { text: nested(15) }, shallow)).toContain('[[');
  });

  test.each([
    ['that is nested too deep for JSON.stringify', nested(100_000)],
    [
      'whose toJSON fails',
      {
        toJSON() {
          throw new Error('no such file: /secret/path');
        },
      },
    ],
  ])('%s is refused without the words of the failure', async (_name, data) => {
    const { logs } = createMemoryStore();
    const refused = await publish(logs, 'thread', 'note', data).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'ERR_PUBLISH', cause: expect.any(Error) });
    expect(String(refused)).not.toMatch(/secret|call stack/);
    expect(await logs.head('thread')).toBeUndefined();
  });
});
