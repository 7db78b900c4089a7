import { expect, test } from 'vitest';
import { startCommand } from './start-command.js';

const START = { npm_lifecycle_event: 'start' };

test('names what started the server, and the settings that it was given', () => {
  expect([
    startCommand(START, {}),
    startCommand(START, { PORT: '5101' }),
    startCommand({ ...START, PORT: '5101', HOME: '/root', LOG_LEVEL: '' }, {}),
    startCommand({ ...START, PORT: '5101' }, { PORT: '5102' }),
    startCommand({}, { PORT: '5101', DATA_DIR: './my data' }),
    startCommand({ npm_lifecycle_event: 'npx' }, {}),
    startCommand({ npm_lifecycle_event: 'chat' }, { PORT: '5101' }),
  ]).toEqual([
    'npm start',
    'npm start -- --port 5101',
    'npm start -- --port 5101',
    'npm start -- --port 5102',
    "npx session-monitor serve --port 5101 --data-dir './my data'",
    'npx session-monitor serve',
    'npm run chat -- --port 5101',
  ]);
});

test('keeps secrets to the terminal, and quotes what a shell would read', () => {
  const secrets = { REDIS_URL: 'redis://:p@x', DEBUG_API_KEY: 'k', OPENAI_API_KEY: 'o' };
  expect(startCommand({ ...START, ...secrets }, {})).toBe('npm start');
  expect(startCommand(START, { DATA_DIR: "$(x) 'y'" })).toBe(
    `npm start -- --data-dir '$(x) '\\''y'\\'''`,
  );
});

test('is none where the port is another one each time', () => {
  expect(startCommand(START, { PORT: '0' })).toBeUndefined();
});
