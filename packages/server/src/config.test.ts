import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeVariables, isDevelopment, readConfig, servesDemo, VARIABLES } from './config.js';

test('an empty environment gives the documented defaults', () => {
  expect(readConfig({})).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 5001,
    DATA_DIR: './data',
    MODE: 'development',
    DEBUG_API_KEY: '',
    LOG_LEVEL: 'info',
    ORIGINS: [],
  });
});

test('an empty value counts as none', () => {
  expect(readConfig({ PORT: '' }).PORT).toBe(5001);
});

test('lists and numbers are read', () => {
  const config = readConfig({ ORIGINS: 'https://a.example, http://b:8080', PORT: '0' });
  expect(config).toMatchObject({ ORIGINS: ['https://a.example', 'http://b:8080'], PORT: 0 });
});

test('a bad value is one line with the variable, the value and what is allowed', () => {
  expect(() => readConfig({ PORT: '1e3' })).toThrow(
    'PORT is "1e3". Allowed: a whole number from 0 to 65535.',
  );
});

test('every variable stands in the documentation as it is', () => {
  const table = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  for (const [name, { help, allowed, fallback }] of Object.entries(VARIABLES)) {
    const shown = String(fallback) === '' ? 'none' : `\`${fallback}\``;
    expect(table).toContain(`| \`${name}\` | ${help} | ${allowed} | ${shown} |`);
    expect(describeVariables()).toContain(name);
  }
});

test('the demo page is served in development, elsewhere on request', () => {
  const given = [
    {},
    { DEMO: 'off' },
    { HOST: '0.0.0.0' },
    { MODE: 'production' },
    { MODE: 'production', DEMO: 'on' },
  ];
  const configs = given.map((environment) => readConfig(environment));
  expect(configs.map(servesDemo)).toEqual([true, false, false, false, true]);
  expect(configs.map(isDevelopment)).toEqual([true, true, false, false, false]);
});
