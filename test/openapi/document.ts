/** The OpenAPI file of the HTTP routes, read for tests: its operations, with what they refer to in place of the references. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/root.js';

export type Schema = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface HeaderField {
  readonly required?: boolean;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;

export interface DocumentedAnswer {
  readonly headers?: Readonly<Record<string, HeaderField>>;
  readonly content?: Content;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** As the file has it: `/threads/{thread_id}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: Content;
  /** By status. */
  readonly answers: ReadonlyMap<number, DocumentedAnswer>;
}

interface PathItem {
  readonly parameters?: readonly Parameter[];
  readonly [method: string]: unknown;
}

interface RawOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

export interface OpenApi {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

export const readDocument = (): OpenApi =>
  JSON.parse(readFileSync(join(ROOT, 'packages/http/openapi.json'), 'utf8'));

export function operationsOf(document: OpenApi): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const raw = withoutReferences(document, item[method]) as RawOperation;
      const shared = withoutReferences(document, item.parameters ?? []) as readonly Parameter[];
      return {
        id: raw.operationId,
        method: method.toUpperCase(),
        path,
        parameters: [...shared, ...(raw.parameters ?? [])],
        ...(raw.requestBody && { body: raw.requestBody.content }),
        answers: new Map(
          Object.entries(raw.responses).map(([status, answer]) => [Number(status), answer]),
        ),
      };
    }),
  );
}

/** A copy with what is referred to in place of each reference, but for schemas: they may refer to themselves. */
function withoutReferences(document: OpenApi, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => withoutReferences(document, each));
  const { $ref } = value as { readonly $ref?: unknown };
  if (typeof $ref === 'string' && !$ref.startsWith('#/components/schemas/')) {
    return withoutReferences(document, referredTo(document, $ref));
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withoutReferences(document, each)]),
  );
}

/** @param reference like `#/components/responses/BadRequest` */
function referredTo(document: OpenApi, reference: string): unknown {
  const [, ...names] = reference.split('/');
  const found = names.reduce<unknown>(
    (part, name) => (part as Readonly<Record<string, unknown>> | undefined)?.[name],
    document,
  );
  if (found === undefined) throw new Error(`There is nothing at ${reference} of the OpenAPI file`);
  return found;
}

/** The operation of a request, and the values in its path: undefined for one that cannot be decoded. */
export function operationOf(
  operations: readonly Operation[],
  method: string,
  path: string,
):
  | { readonly operation: Operation; readonly values: ReadonlyMap<string, string | undefined> }
  | undefined {
  const segments = path.split('/');
  const fitting = operations.filter(
    (each) => each.method === method && fits(each.path.split('/'), segments),
  );
  // A path without parameters goes before one with them.
  const [operation] = fitting.sort((one, other) => braces(one.path) - braces(other.path));
  if (!operation) return undefined;
  const values = new Map(
    operation.path.split('/').flatMap((part, index) => {
      const name = /^\{(.*)\}$/.exec(part)?.[1];
      return name === undefined ? [] : [[name, decoded(segments[index])] as const];
    }),
  );
  return { operation, values };
}

const braces = (path: string): number => path.split('{').length;

const fits = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, index) => part.startsWith('{') || part === segments[index]);

function decoded(segment = ''): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
