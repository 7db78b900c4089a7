/** Values that break what reads them carelessly: control characters, names of prototypes, numbers at their ends. */

import type { Random } from '../../simulation/time/random.js';
import { times } from '../../support/until.js';

const STRINGS = [
  '',
  ' ',
  '\r\n',
  'a\r\nSet-Cookie: x=1\r\n\r\n',
  '\n{"level":60,"msg":"forged"}',
  '\u001b[2J\u001b[31mred',
  '\u009b31m',
  '\u0000',
  '\u2028\u2029',
  '\u202eevil\u2066',
  '\ufeff',
  '\ud800',
  '\udfff\ud800',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  "'; DROP TABLE threads; --",
  '../../../../etc/passwd',
  '%00%0d%0a',
  '~run.x',
  '{{7*7}}#{7*7}',
  'NaN',
  '[object Object]',
  '💥'.repeat(20),
  'é'.repeat(64),
  'a'.repeat(129),
  'a'.repeat(5_000),
  '0'.repeat(400),
] as const;

const NUMBERS = [
  0,
  -0,
  -1,
  1.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 64,
  -(2 ** 63),
] as const;

export const nastyString = (random: Random): string => random.pick(STRINGS);

/** A JSON value, seldom a deep one. */
export function nastyValue(random: Random, depth = 0): unknown {
  switch (random.int(0, depth > 3 ? 5 : 9)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick(NUMBERS);
    case 3:
    case 4:
    case 5:
      return nastyString(random);
    case 6:
      return times(random.int(0, 5), () => nastyValue(random, depth + 1));
    case 7:
      return nestedArrays(random.pick([17, 100, 1_000]));
    default:
      return Object.fromEntries(
        times(random.int(0, 5), () => [
          nastyString(random).slice(0, 200),
          nastyValue(random, depth + 1),
        ]),
      );
  }
}

/** JSON of an array in an array, and so on. */
export const nestedJson = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

function nestedArrays(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

/** JSON of an object in which a name may also be `__proto__`, which an object literal would swallow. */
export function nastyJson(random: Random): string {
  if (random.chance(0.1)) return `{"__proto__":${JSON.stringify(nastyValue(random))}}`;
  return JSON.stringify(nastyValue(random)) ?? 'null';
}

/** Text that was cut, doubled, or has a foreign character in it. */
export function mangled(random: Random, text: string): string {
  const at = random.int(0, text.length);
  switch (random.int(0, 3)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + nastyString(random) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at + random.int(1, 5));
    default:
      return text + text.slice(at);
  }
}
