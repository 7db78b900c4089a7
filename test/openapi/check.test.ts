/** The OpenAPI file by itself, and beside the constants of the code: what it says without a server. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import {
  EVENT_NAME_PATTERN,
  LIMITS,
  MESSAGE_ID_PATTERN,
  REPORT_LIMITS,
  THREAD_ID_PATTERN,
  THREAD_LIST_LIMITS,
  TOKEN_PATTERN,
} from '@session-monitor/protocol';
import { describe, expect, test } from 'vitest';
import { STATUS } from '../../packages/http/src/answer.js';
import { BODY_FIELDS_BYTES, BYTES_PER_UNIT } from '../../packages/http/src/body.js';
import { DEFAULT_MAX_EVENT_BODY_BYTES } from '../../packages/http/src/handler.js';
import { VERSION } from '../../packages/http/src/version.js';
import { ROOT } from '../support/root.js';
import { idiomsIn } from '../words/prose/prose.js';
import { operationsOf, readDocument, type Schema } from './document.js';
import { codesIn } from './recorder.js';
import { schemasOf } from './schemas.js';

const document = readDocument();
const text = JSON.stringify(document);
const operations = operationsOf(document);
const { schemas } = document.components;

/** Codes that answer messages of a socket alone. */
const ON_SOCKETS = ['missing_ack', 'unknown_event', 'not_registered', 'stale'];
/** It answers methods that no operation describes. */
const OF_NO_OPERATION = 'method_not_allowed';

/** Every text of the file under one of some names. */
function textsUnder(names: readonly string[], value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    typeof each === 'string' && names.includes(name) ? [each] : textsUnder(names, each),
  );
}

test('it is valid OpenAPI 3.1, of this version', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(text));
  expect([errors, valid, validator.version]).toEqual([undefined, true, '3.1']);
  expect(document.info.version).toBe(VERSION);
});

test('each operation has a name, and each component is used', () => {
  const ids = operations.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const components = Object.entries(document.components).flatMap(([kind, parts]) =>
    kind === 'securitySchemes'
      ? Object.keys(parts).map((name) => `"${name}":[]`)
      : Object.keys(parts).map((name) => `"#/components/${kind}/${name}"`),
  );
  expect(components.length).toBeGreaterThan(100);
  // Errors are described where they are given, each with its codes.
  const unused = components.filter((name) => !text.includes(name));
  expect(unused).toEqual(['"#/components/schemas/Error"']);
});

test('the schemas are strict JSON Schema, and the examples follow them', () => {
  const { checkOf } = schemasOf(document, 'refused');
  for (const schema of Object.values(schemas)) checkOf(schema);
  const contents = operations.flatMap(({ id, body = {}, answers }) => [
    ...Object.values(body).map((content) => [id, content] as const),
    ...[...answers.values()].flatMap(({ content = {} }) =>
      Object.values(content).map((each) => [id, each] as const),
    ),
  ]);
  const examples = contents.filter(([, { example }]) => example !== undefined);
  expect(examples.length).toBeGreaterThan(4);
  for (const [id, { schema, example }] of examples) {
    expect([id, checkOf(schema)(example)]).toEqual([id, []]);
  }
});

describe('the codes of errors', () => {
  const given = operations.flatMap(({ answers }) =>
    [...answers].flatMap(([status, { content = {} }]) =>
      Object.values(content).flatMap(({ schema }) =>
        (codesIn(schema) ?? []).map((code) => [code, status] as const),
      ),
    ),
  );

  test('are those that HTTP has, each with its status', () => {
    const ofHttp = Object.keys(STATUS).filter((code) => !ON_SOCKETS.includes(code));
    const { enum: listed } = { ...schemas.ErrorCode } as { enum: readonly string[] };
    expect([...listed].sort()).toEqual(ofHttp.sort());
    const codes = new Set(given.map(([code]) => code));
    expect([...codes, OF_NO_OPERATION].sort()).toEqual(ofHttp.sort());
    const statuses: Readonly<Record<string, number>> = STATUS;
    expect(given.filter(([code, status]) => statuses[code] !== status)).toEqual([]);
  });
});

describe('the page of the protocol', () => {
  const page = readFileSync(join(ROOT, 'packages/protocol/docs/http.md'), 'utf8');
  const sections = page.split(/^(?=### )/gm).filter((section) => section.includes('\nFaults: '));

  /** Every route may fail. The page says that once. */
  const isSaid = (fault: string) => !fault.startsWith('500 ');

  test.each(sections.map((section) => [section.split('`')[1] ?? '', section] as const))(
    'lists the same faults of %s',
    (name, section) => {
      const [method, path = ''] = name.split(/[ ?]/);
      const braced = path.replace(/:(\w+)/g, '{$1}');
      const operation = operations.find((each) => each.method === method && each.path === braced);
      const described = [...(operation?.answers ?? [])].flatMap(([status, { content = {} }]) =>
        Object.values(content).flatMap(({ schema }) =>
          (codesIn(schema) ?? []).map((code) => `${status} ${code}`),
        ),
      );
      const [, faults = ''] = /\nFaults: (.*?)\n(?:\n|$)/s.exec(section) ?? [];
      const listed = [...faults.matchAll(/(\d{3}) `(\w+)`/g)].map(
        ([, status, code]) => `${status} ${code}`,
      );
      expect(listed.filter(isSaid).sort()).toEqual(described.filter(isSaid).sort());
    },
  );

  test('lists the faults of each route that reads something of its request', () => {
    expect(sections.length).toBe(operations.filter(({ answers }) => answers.has(400)).length);
  });
});

describe('the limits', () => {
  test.each<[name: string, limit: object]>([
    ['ThreadId', { pattern: THREAD_ID_PATTERN.source }],
    ['EventName', { pattern: EVENT_NAME_PATTERN.source }],
    ['MessageId', { pattern: MESSAGE_ID_PATTERN.source }],
    ['UserId', { maxLength: LIMITS.maxUserIdLength }],
    ['ClientReport', { properties: { note: { maxLength: REPORT_LIMITS.maxNoteLength } } }],
    ['Cursor', { maxLength: LIMITS.maxCursorLength }],
    ['PostMessage', { properties: { user_input: { maxLength: LIMITS.maxUserInputLength } } }],
    ['ThreadPatch', { properties: { title: { maxLength: THREAD_LIST_LIMITS.maxTitleLength } } }],
    [
      'Revocation',
      { oneOf: [{}, {}, { properties: { session_id: { pattern: TOKEN_PATTERN.source } } }] },
    ],
  ])('of %s are those of the code', (name, limit) => {
    expect(schemas[name]).toMatchObject(limit);
  });

  test('of the page of threads are those of the code', () => {
    const limits = operations.find(({ id }) => id === 'listThreads')?.parameters;
    const { defaultPage, maxPage } = THREAD_LIST_LIMITS;
    const limit = limits?.find(({ name }) => name === 'limit')?.schema;
    expect(limit).toMatchObject({ default: defaultPage, maximum: maxPage });
  });

  test.each([
    ['postMessage', BYTES_PER_UNIT * LIMITS.maxUserInputLength + BODY_FIELDS_BYTES],
    [
      'updateThread',
      BYTES_PER_UNIT * (THREAD_LIST_LIMITS.maxTitleLength + THREAD_LIST_LIMITS.maxMetadataBytes) +
        BODY_FIELDS_BYTES,
    ],
    ['sendReport', REPORT_LIMITS.maxBytes],
  ])('of the body of %s stand in words', (id, bytes) => {
    const { method = '', path = '' } = operations.find((each) => each.id === id) ?? {};
    const operation = document.paths[path]?.[method.toLowerCase()] as { requestBody: Schema };
    expect(operation.requestBody.description).toContain(bytes.toLocaleString('en-US'));
  });

  test('of an event in a body stand in words', () => {
    expect(DEFAULT_MAX_EVENT_BODY_BYTES).toBe(64 * 1024);
    expect(text).toContain('At most 64 KiB');
  });
});

test('its words are plain, and each operation and schema has some', () => {
  const prose = textsUnder(['description', 'summary'], document);
  expect(prose.length).toBeGreaterThan(250);
  expect(prose.flatMap(idiomsIn)).toEqual([]);
  expect(prose.filter((each) => each.trim() === '')).toEqual([]);
  const silent = Object.entries(schemas).filter(([, schema]) => !schema.description);
  expect(silent.map(([name]) => name)).toEqual([]);
});
