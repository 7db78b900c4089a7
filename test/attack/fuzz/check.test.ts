import { describe, expect, test } from 'vitest';
import { times } from '../../support/until.js';
import { GRAMMAR_NAMES, inputOf, shownInput } from './inputs.js';

describe.each(GRAMMAR_NAMES)('the grammar %s', (grammar) => {
  const inputs = (seed: number) => times(200, (index) => shownInput(inputOf(grammar, seed, index)));

  test('makes the same input for the same seed and index', () => {
    expect(inputs(7)).toEqual(inputs(7));
  });

  test('makes many different inputs', () => {
    expect(new Set(inputs(7)).size).toBeGreaterThan(80);
    expect(inputs(7)).not.toEqual(inputs(8));
  });
});
