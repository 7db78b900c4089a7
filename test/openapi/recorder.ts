/**
 * Sends requests, finds their operations in the OpenAPI file, and checks each answer by it: its status, its header fields,
 * its content type, its body, and whether the request itself is as the file describes it. Remembers which of the documented
 * answers it has seen.
 */

import { parseSse } from '../support/run-reader.js';
import {
  type DocumentedAnswer,
  type OpenApi,
  type Operation,
  operationOf,
  operationsOf,
  type Schema,
} from './document.js';
import { RequestCheck } from './request-check.js';
import { type Check, schemasOf } from './schemas.js';
import { type ApiAnswer, type ApiRequest, send } from './send.js';

/** What an answer must be: a status, and the code of an error. */
export interface Expected {
  readonly status: number;
  readonly code?: string;
}

/** Fields that Node or the transport sets, and those by which a page of another origin may read. The file speaks of the latter once. */
const UNDESCRIBED =
  /^(date|connection|keep-alive|content-length|content-type|transfer-encoding|vary|access-control-.*)$/;
/** Statuses of answers to requests that are not as described. */
const BAD_REQUESTS = [400];
/** Statuses that say nothing of whether a request is as described. */
const UNREAD = [408, 413, 415];

export class Recorder {
  /** What was not as the file says, in words. */
  readonly problems: string[] = [];
  readonly #operations: readonly Operation[];
  readonly #seen = new Set<string>();
  readonly #requests: RequestCheck;
  readonly #schemas: ReturnType<typeof schemasOf>;
  readonly #checks = new Map<Schema, Check>();

  constructor(document: OpenApi) {
    this.#operations = operationsOf(document);
    this.#schemas = schemasOf(document, 'refused');
    this.#requests = new RequestCheck(schemasOf(document, 'allowed'));
  }

  /** @param isOdd why a request that is refused as bad is as described all the same */
  async ask(
    url: string,
    request: ApiRequest,
    expected: Expected,
    isOdd?: string,
  ): Promise<ApiAnswer> {
    const answer = await send(url, request);
    const { method, path } = request;
    const found = operationOf(this.#operations, method, path.split('?')[0] ?? '');
    const name = `${method} ${path} -> ${answer.status}`;
    if (!found) this.problems.push(`${name}: the file has no such operation`);
    else {
      const wrong = [
        ...this.#unexpected(answer, expected),
        ...this.#wrongIn(found.operation, answer),
        ...(isOdd === undefined ? this.#wrongAbout(found, request, answer) : []),
      ];
      this.problems.push(...wrong.map((problem) => `${name}: ${problem}`));
    }
    return answer;
  }

  /** The documented answers that were not seen: operation, status, and code of the error or type of the content. */
  get unseen(): readonly string[] {
    const documented = this.#operations.flatMap((operation) =>
      [...operation.answers].flatMap(([status, answer]) =>
        variantsOf(answer).map((variant) => nameOf(operation, status, variant)),
      ),
    );
    return documented.filter((name) => !this.#seen.has(name)).sort();
  }

  #unexpected({ status, text }: ApiAnswer, expected: Expected): readonly string[] {
    const code = codeOf(text);
    return status === expected.status && code === expected.code
      ? []
      : [
          `expected ${expected.status} ${expected.code}, got ${status} ${code}: ${text.slice(0, 200)}`,
        ];
  }

  #wrongIn(operation: Operation, answer: ApiAnswer): readonly string[] {
    const documented = operation.answers.get(answer.status);
    if (!documented) return ['the operation has no such status'];
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    const variant = type === 'application/json' ? (codeOf(answer.text) ?? type) : type;
    this.#seen.add(nameOf(operation, answer.status, variant));
    return [...this.#wrongFields(documented, answer), ...this.#wrongBody(documented, type, answer)];
  }

  #wrongFields({ headers = {} }: DocumentedAnswer, answer: ApiAnswer): readonly string[] {
    const names = new Map(
      Object.entries(headers).map(([name, field]) => [name.toLowerCase(), field]),
    );
    const unknown = [...answer.headers.keys()].filter(
      (name) => !names.has(name) && !UNDESCRIBED.test(name),
    );
    const wrong = [...names].flatMap(([name, { required = false, schema }]) => {
      const text = answer.headers.get(name);
      if (text === undefined) return required ? [`the header field ${name} is missing`] : [];
      const value = this.#schemas.typeOf(schema) === 'integer' ? Number(text) : text;
      return this.#check(schema)(value).map((problem) => `the header field ${name}: ${problem}`);
    });
    return [...unknown.map((name) => `the header field ${name} is not in the file`), ...wrong];
  }

  #wrongBody({ content }: DocumentedAnswer, type: string, { text }: ApiAnswer): readonly string[] {
    if (!content) return type === '' && text === '' ? [] : [`it has a body of type '${type}'`];
    const schema = content[type]?.schema;
    if (!schema) return [`the content type '${type}' is not in the file`];
    if (type === 'application/json') return this.#check(schema)(JSON.parse(text));
    if (type === 'text/event-stream') return this.#check(schema)(eventsIn(text));
    // Of some answers in lines the file only says that they are text.
    const isList = this.#schemas.typeOf(schema) === 'array';
    return this.#check(schema)(isList ? linesIn(text) : text);
  }

  /** A bad request must not be as described, and any other one must be. */
  #wrongAbout(
    { operation, values }: NonNullable<ReturnType<typeof operationOf>>,
    request: ApiRequest,
    { status }: ApiAnswer,
  ): readonly string[] {
    if (UNREAD.includes(status)) return [];
    const problems = this.#requests.problemsOf(operation, values, request);
    if (!BAD_REQUESTS.includes(status)) {
      return problems.map((problem) => `the request is not as described: ${problem}`);
    }
    return problems.length > 0 ? [] : ['the request was refused as bad, and is as described'];
  }

  #check(schema: Schema): Check {
    const known = this.#checks.get(schema);
    if (known) return known;
    const check = this.#schemas.checkOf(schema);
    this.#checks.set(schema, check);
    return check;
  }
}

const nameOf = ({ id }: Operation, status: number, variant: string): string =>
  [id, status, variant].join(' ').trim();

/** The codes of an error; else the types of its content. */
function variantsOf({ content }: DocumentedAnswer): readonly string[] {
  if (!content) return [''];
  return Object.entries(content).flatMap(([type, { schema }]) => codesIn(schema) ?? [type]);
}

/** The codes that a schema of an error lists. */
export function codesIn(schema: Schema): readonly string[] | undefined {
  type Error = { error?: { properties: { code: { enum: readonly string[] } } } };
  const { error } = (schema.properties as Error | undefined) ?? {};
  return error?.properties.code.enum;
}

function codeOf(text: string): string | undefined {
  if (!text.startsWith('{"error":')) return undefined;
  return (JSON.parse(text) as { error: { code: string } }).error.code;
}

/** A stream as the file describes it: the list of its events, without one that is cut off. */
const eventsIn = (text: string): readonly object[] =>
  parseSse(text).map(({ id, event, data }) => ({
    ...(id !== '' && { id }),
    ...(event !== '' && { event }),
    data,
  }));

/** A stream of lines as the file describes it, without a line that is cut off. */
const linesIn = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
