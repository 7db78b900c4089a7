/** The marks of mutants in the sources, and how a mutant removes its rule. */

import { describe, expect, test } from 'vitest';
import { mutated, outOfDate } from '../../scripts/support/mutate.mjs';
import { MUTANTS, type Mutant } from './mutants.mjs';

test('every mutant has its marks in the sources, and every mark its mutant', () => {
  expect(outOfDate(MUTANTS)).toEqual([]);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

describe('a rule is removed where its mark stands', () => {
  const code = `const next = [
  // mutant: no-first, another
  ...first,
  last,
];
// mutant: no-limit
if (next.length > limit) throw new Error('too many');
`;
  const rule = (name: string, edit: Partial<Mutant> = {}) => ({ name, race: 'none', ...edit });

  test.each([
    ['removed', rule('no-limit'), code.replace(/if .*/, '')],
    ['with its comma', rule('no-first'), code.replace('...first,', '')],
    ['as one of two', rule('another', { becomes: 'first' }), code.replace('...first', 'first')],
    ['in part', rule('no-limit', { swap: ['limit', '0'], append: '\nmore();' }), undefined],
  ])('%s', (_, mutant, expected) => {
    const changed = code.replace(/> limit(.*)/, '> 0$1\nmore();');
    expect(mutated('a.ts', code, mutant)).toBe(expected ?? changed);
  });

  test('a source without the mark stays as it is', () => {
    expect(mutated('a.ts', code, rule('other'))).toBeUndefined();
  });

  test.each([
    ['without a mark', [rule('other')], 'other: no source is marked'],
    ['whose text is not there', [rule('no-limit', { swap: ['max', '0'] })], '"max" occurs 0 times'],
    ['whose text is there twice', [rule('no-limit', { swap: ['t', '0'] })], '"t" occurs'],
  ])('a mutant %s is reported', (_, mutants, what) => {
    expect(outOfDate(mutants, [['a.ts', code]])).toContainEqual(expect.stringContaining(what));
  });

  test('a mark without a mutant is reported', () => {
    const known = [rule('no-first'), rule('no-limit')];
    expect(outOfDate(known, [['a.ts', code]])).toEqual(['another: a mark without a mutant']);
  });

  test('a mark above nothing is an error', () => {
    const lonely = '{\n  // mutant: lonely\n}\n';
    expect(() => mutated('a.ts', lonely, rule('lonely'))).toThrow('there is nothing to take out');
  });
});
