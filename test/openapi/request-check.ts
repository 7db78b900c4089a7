/** Compares a request with what the OpenAPI file says of it: its path, its query, its header fields, its body. */

import type { Operation, Parameter, Schema } from './document.js';
import type { Check, Schemas } from './schemas.js';
import type { ApiRequest } from './send.js';

/** A credential, not a parameter of the operation. */
const API_KEY = 'api_key';

export class RequestCheck {
  readonly #schemas: Schemas;
  readonly #checks = new Map<Schema, Check>();

  /** @param schemas that allow further fields: a server ignores those of a body */
  constructor(schemas: Schemas) {
    this.#schemas = schemas;
  }

  /** @param values what the path has in place of the braces; undefined for what cannot be decoded */
  problemsOf(
    operation: Operation,
    values: ReadonlyMap<string, string | undefined>,
    request: ApiRequest,
  ): readonly string[] {
    const query = new URLSearchParams(request.path.split('?')[1] ?? '');
    const headers = new Map(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const names = operation.parameters
      .filter((each) => each.in === 'query')
      .map(({ name }) => name);
    const unknown = [...query.keys()].filter((name) => name !== API_KEY && !names.includes(name));
    const wrong = operation.parameters.flatMap((parameter) => {
      const { name } = parameter;
      if (parameter.in === 'path') {
        const value = values.get(name);
        return value === undefined
          ? [`${name} cannot be decoded`]
          : this.#wrongValue(parameter, value);
      }
      const given =
        parameter.in === 'query' ? query.getAll(name) : [headers.get(name.toLowerCase())];
      const [value, ...others] = given.filter((each) => each !== undefined);
      if (others.length > 0) return [`${name} stands there twice`];
      if (value === undefined) return parameter.required ? [`${name} is missing`] : [];
      return this.#wrongValue(parameter, value);
    });
    return [
      ...unknown.map((name) => `there is no parameter ${name}`),
      ...wrong,
      ...this.#wrongBody(operation, request),
    ];
  }

  #wrongValue({ name, schema }: Parameter, text: string): readonly string[] {
    const isNumber = this.#schemas.typeOf(schema) === 'integer' && /^\d+$/.test(text);
    const problems = this.#check(schema)(isNumber ? Number(text) : text);
    return problems.map((problem) => `${name}: ${problem}`);
  }

  #wrongBody({ body }: Operation, request: ApiRequest): readonly string[] {
    const schema = body?.['application/json']?.schema;
    if (!schema) return [];
    const sent = request.text === undefined ? request.body : jsonIn(request.text);
    return this.#check(schema)(sent).map((problem) => `the body: ${problem}`);
  }

  #check(schema: Schema): Check {
    const known = this.#checks.get(schema);
    if (known) return known;
    const check = this.#schemas.checkOf(schema);
    this.#checks.set(schema, check);
    return check;
  }
}

/** Undefined for a text that is no JSON: no schema of a body admits that. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
