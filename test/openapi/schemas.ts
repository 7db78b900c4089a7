/**
 * Validates values by the schemas of the OpenAPI file. The file lets a later server add fields; a test does not: each field
 * of an answer must be in the file.
 */

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenApi, Schema } from './document.js';

/** Returns what is wrong with a value, in words; nothing if it is as its schema says. */
export type Check = (value: unknown) => readonly string[];

export interface Schemas {
  checkOf(schema: Schema): Check;
  /** The `type` of a schema, also behind a reference. */
  typeOf(schema: Schema): unknown;
}

const SHAPES = 'shapes';

/** @param further whether objects may have fields that the file does not have */
export function schemasOf(document: OpenApi, further: 'allowed' | 'refused'): Schemas {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  ajv.removeKeyword('contentSchema');
  ajv.addKeyword({
    keyword: 'contentSchema',
    type: 'string',
    compile: (schema: Schema) => {
      const check = ajv.compile(schema);
      return (text: string) => check(JSON.parse(text));
    },
  });
  const { schemas } = document.components;
  const prepared = (schema: Schema): Schema => {
    const text = JSON.stringify(further === 'refused' ? closed(schema) : schema);
    return JSON.parse(text.replaceAll('#/components/schemas/', `${SHAPES}#/$defs/`));
  };
  ajv.addSchema({ $id: SHAPES, $defs: prepared(schemas as Schema) });
  return {
    checkOf(schema) {
      const validate = ajv.compile(prepared(schema));
      return (value) =>
        validate(value)
          ? []
          : (validate.errors ?? []).map(
              ({ instancePath, message, params }) =>
                `${instancePath || 'it'} ${message} ${JSON.stringify(params)}`,
            );
    },
    typeOf: ({ $ref, type }) =>
      typeof $ref === 'string' ? schemas[$ref.split('/').at(-1) ?? '']?.type : type,
  };
}

/** The same schema for objects without further fields. One that says of them what it likes keeps that. */
function closed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(closed);
  const copy = Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, closed(each)]),
  );
  const isObject = copy.type === 'object' && 'properties' in copy;
  return isObject && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy;
}
