/** PROTOCOL.md and its pages are what others build on: what they list is what the code has. */

import { readdirSync, readFileSync } from 'node:fs';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';
import { FAULT_CODES, fault } from './faults.js';
import { LIMITS } from './limits.js';
import { CLIENT_EVENTS, isReservedEvent, RUN_EVENTS, SERVER_EVENTS } from './names.js';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const entry = read('PROTOCOL.md');
const pages = new Map(
  readdirSync(new URL('../docs', import.meta.url)).map((name) => [name, read(`docs/${name}`)]),
);
const document = [entry, ...pages.values()].join('\n');

/** The text of a section, from its heading to the next of its level. */
function section(heading: string): string {
  const level = /^#+/.exec(heading)?.[0] ?? '';
  const start = document.indexOf(`\n${heading}\n`);
  expect([heading, start]).not.toEqual([heading, -1]);
  const next = new RegExp(`^#{1,${level.length}} `, 'gm');
  next.lastIndex = start + heading.length + 1;
  return document.slice(start, next.exec(document)?.index);
}

test('has every fault code, with whether it is retryable, and no other', () => {
  const rows = [...section('## Fault codes').matchAll(/^\| `(\w+)` \|.*\| (yes|no) \| \d+ \|$/gm)];
  expect(rows.map(([, code]) => code)).toEqual([...FAULT_CODES]);
  const retryable = rows.map(([, , word]) => word === 'yes');
  expect(retryable).toEqual(FAULT_CODES.map((code) => fault(code, '').retryable));
});

test('has every reserved name, and no other', () => {
  const listed = [...section('## Reserved names').matchAll(/^\| .* \|$/gm)]
    .filter(([row]) => !row.includes('a backend may') && !row.includes('no; only'))
    .flatMap(([row]) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ''));
  expect(listed.filter((name) => !isReservedEvent(name))).toEqual([]);
  const events = [...Object.values(CLIENT_EVENTS), ...Object.values(SERVER_EVENTS)];
  expect(events.filter((name) => !listed.includes(name))).toEqual([]);
});

test('has a section for every event', () => {
  const headings = [...document.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading).join('\n');
  const events = [...Object.values(CLIENT_EVENTS), ...Object.values(SERVER_EVENTS)];
  expect(events.filter((name) => !headings.includes(`\`${name}\``))).toEqual([]);
  for (const name of Object.values(RUN_EVENTS)) expect(document).toContain(`\`${name}\``);
});

test('says of every section whether it is implemented', () => {
  const sections = document.split(/^(?=### )/gm).slice(1);
  const described = sections.filter((text) => /^### (v1 )?`/.test(text));
  expect(described.length).toBeGreaterThan(45);
  const silent = described.filter((text) => !/^Status: (implemented|specified)/m.test(text));
  expect(silent.map((text) => text.split('\n', 1)[0])).toEqual([]);
});

test('has the limits that the code has', () => {
  const limits = section('## Limits');
  const number = (value: number) => value.toLocaleString('en-US');
  for (const value of [
    LIMITS.maxUserIdLength,
    LIMITS.maxTokenLength,
    LIMITS.maxClientInfoLength,
    LIMITS.maxTimestampLength,
    LIMITS.maxEventBytes,
    LIMITS.maxFrameBytes,
    LIMITS.windowBytes,
    LIMITS.windowEvents,
    LIMITS.maxUserInputLength,
  ]) {
    expect(limits).toContain(number(value));
  }
});

/** Types of the sources that need no block. */
const WITHOUT_BLOCK: ReadonlySet<string> = new Set([
  // The table of fault codes is compared above.
  'FaultCode',
  // A table or a sentence describes the query.
  'EventsQuery',
  // They do not travel.
  'LogHead',
  'Result',
  'ThreadChange',
  'ThreadsQuery',
  // The pages give them a name for each message: ThreadSendAck, V1RequestMissedMessages, V1ForceRoomJoin …
  'ThreadSent',
  'V1ThreadReference',
]);
/** Blocks of types that these sources do not declare. */
const WITHOUT_TYPE = [
  ...['Connected', 'ErrorEvent', 'SystemPingResponseAck', 'ThreadSendAck'],
  ...['V1RequestMissedMessages', 'V1ForceRoomJoin', 'V1DebugSocketStatus', 'V1ApplicationEvent'],
  ...['V1MissedMessagesDelivered', 'V1MissedMessagesStatus', 'V1NoMissedMessages', 'V1RoomJoined'],
  ...['HttpError', 'HttpOnlyCode', 'RunPart', 'EventsPage', 'DemoFacts'],
  ...['WebsocketSessions', 'AllSessions', 'ThreadSessions', 'ConnectionView', 'SessionView'],
  ...['FoundSessions', 'SessionDetails', 'SessionWithConnection', 'ThreadDetails'],
  ...['RunPage', 'RunView', 'Nodes', 'NodeView'],
  ...['SessionTrace', 'TracedNode', 'TracedReport', 'Findings', 'Finding'],
  ...['FoundThreads', 'ThreadRow', 'History', 'Minutes'],
  ...['LogWindow', 'LogRow', 'WrittenWindow', 'RecentRuns', 'RecentRun'],
  ...['LiveLine', 'LiveRow', 'Totals', 'NodeTotals', 'ClusterTotals', 'OngoingFinding'],
];

describe('the TypeScript blocks', () => {
  const blocks = [...document.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);
  const declarations = blocks.flatMap((code) => [...declarationsIn(code)]);
  const described = new Map(declarations);
  const sources = [
    'messages.ts',
    'v1/messages.ts',
    'faults.ts',
    'thread-list.ts',
    'parse/http-messages.ts',
  ];
  const declared = new Map(sources.flatMap((file) => [...declarationsIn(read(`src/${file}`))]));
  const messages = [...declared.keys()].filter((name) => !WITHOUT_BLOCK.has(name));

  test('declare each type once, and none is missing', () => {
    const names = declarations.map(([name]) => name).sort();
    expect(names).toEqual([...messages, ...WITHOUT_TYPE, 'FaultCode'].sort());
  });

  test.each(messages)('%s is as the source has it', (name) => {
    expect(described.get(name)).toBe(declared.get(name));
  });
});

/** Interfaces and types by name, without comments, `readonly` and layout. */
function declarationsIn(code: string): ReadonlyMap<string, string> {
  const { program, comments } = parseSync('a.ts', code);
  const bare = comments.reduceRight(
    (text, { start, end }) => text.slice(0, start) + ' '.repeat(end - start) + text.slice(end),
    code,
  );
  const declarations = program.body.flatMap((statement) => {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    const isType =
      node?.type === 'TSInterfaceDeclaration' || node?.type === 'TSTypeAliasDeclaration';
    return isType ? [[node.id.name, plain(bare.slice(node.start, node.end))] as const] : [];
  });
  return new Map(declarations);
}

const plain = (text: string): string =>
  text
    .replace(/\breadonly\b/g, '')
    .replace(/\s+/g, ' ')
    .replace(/\s*([{}[\]|<>=:;,?()])\s*/g, '$1')
    .replace(/([={(<,:])\|/g, '$1')
    .replace(/;(?=})|;$/g, '')
    .trim();
