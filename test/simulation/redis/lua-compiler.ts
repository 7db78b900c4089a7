/**
 * Turns a Lua script into a function of JavaScript, so that the simulation runs the scripts of the product themselves.
 * It knows as much of Lua as they use; anything else is an error.
 */

import luaparse, {
  type Chunk,
  type Expression,
  type FunctionDeclaration,
  type Statement,
} from 'luaparse';
import * as lua from './lua-values.js';
import { GLOBALS, type LuaTable, type LuaValue } from './lua-values.js';

/** A script: what `redis`, KEYS and ARGV are differs from call to call. */
export type CompiledScript = (redis: LuaTable, KEYS: LuaTable, ARGV: LuaTable) => LuaValue;

type Build = (
  runtime: typeof lua,
  globals: typeof GLOBALS,
) => (redis: LuaTable, KEYS: LuaTable, ARGV: LuaTable) => LuaValue[];

export function compile(source: string): CompiledScript {
  const chunk: Chunk = luaparse.parse(source, {
    luaVersion: '5.1',
    comments: false,
    encodingMode: 'pseudo-latin1',
  });
  const body = new Writer().block(chunk.body);
  const code = `return (redis, KEYS, ARGV) => { ${body} return []; };`;
  const build = new Function('lua', 'globals', code) as unknown as Build;
  const script = build(lua, GLOBALS);
  return (redis, KEYS, ARGV) => script(redis, KEYS, ARGV)[0];
}

const OPERATORS: Readonly<Record<string, (left: string, right: string) => string>> = {
  '+': (left, right) => `(lua.number(${left}) + lua.number(${right}))`,
  '-': (left, right) => `(lua.number(${left}) - lua.number(${right}))`,
  '*': (left, right) => `(lua.number(${left}) * lua.number(${right}))`,
  '/': (left, right) => `(lua.number(${left}) / lua.number(${right}))`,
  '..': (left, right) => `(lua.text(${left}) + lua.text(${right}))`,
  '==': (left, right) => `(${left} === ${right})`,
  '~=': (left, right) => `(${left} !== ${right})`,
  '<': (left, right) => `lua.less(${left}, ${right})`,
  '>': (left, right) => `lua.less(${right}, ${left})`,
  '<=': (left, right) => `!lua.less(${right}, ${left})`,
  '>=': (left, right) => `!lua.less(${left}, ${right})`,
};

class Writer {
  /** The names of JavaScript for the local names of Lua, innermost scope last. */
  readonly #scopes: Map<string, string>[] = [new Map()];
  #names = 0;

  block(statements: readonly Statement[]): string {
    this.#scopes.push(new Map());
    const code = statements.map((each) => this.#statement(each)).join('\n');
    this.#scopes.pop();
    return code;
  }

  #declare(name: string): string {
    this.#names += 1;
    const own = `${name}$${this.#names}`;
    this.#scopes.at(-1)?.set(name, own);
    return own;
  }

  #nameOf(name: string): string {
    const own = this.#scopes.findLast((scope) => scope.has(name))?.get(name);
    if (own) return own;
    if (['redis', 'KEYS', 'ARGV'].includes(name)) return name;
    if (name in GLOBALS) return `globals.${name}`;
    throw new Error(`The global name ${name} is not modelled`);
  }

  #statement(statement: Statement): string {
    switch (statement.type) {
      case 'LocalStatement': {
        const values = this.#valuesOf(statement.init, statement.variables.length);
        const names = statement.variables.map(({ name }) => this.#declare(name));
        return values.length === names.length
          ? `let ${names.map((name, at) => `${name} = ${values[at]}`).join(', ')};`
          : `let [${names.join(', ')}] = ${this.#list(statement.init)};`;
      }
      case 'AssignmentStatement': {
        const { variables, init } = statement;
        if (variables.length === 1 && variables[0] && init[0]) {
          return this.#assign(variables[0], this.#expression(init[0]));
        }
        const assigned = variables.map((each, at) => this.#assign(each, `$v[${at}]`));
        return `{ const $v = ${this.#list(init)}; ${assigned.join(' ')} }`;
      }
      case 'CallStatement':
        return `${this.#calls(statement.expression)};`;
      case 'FunctionDeclaration': {
        if (statement.identifier?.type !== 'Identifier') throw unknown(statement);
        const name = this.#declare(statement.identifier.name);
        return `const ${name} = ${this.#function(statement)};`;
      }
      case 'IfStatement':
        return statement.clauses
          .map((clause) => {
            const body = `{ ${this.block(clause.body)} }`;
            if (clause.type === 'ElseClause') return `else ${body}`;
            const test = `if (lua.truthy(${this.#expression(clause.condition)}))`;
            return clause.type === 'ElseifClause' ? `else ${test} ${body}` : `${test} ${body}`;
          })
          .join(' ');
      case 'WhileStatement':
        return `while (lua.truthy(${this.#expression(statement.condition)})) { ${this.block(statement.body)} }`;
      case 'ForNumericStatement': {
        const { start, end, step, variable, body } = statement;
        const [from, to] = [this.#expression(start), this.#expression(end)];
        const by = step ? this.#expression(step) : '1';
        this.#scopes.push(new Map());
        const name = this.#declare(variable.name);
        const code = this.block(body);
        this.#scopes.pop();
        return `for (let ${name} = ${from}, $to = ${to}, $by = ${by}; ${name} <= $to; ${name} += $by) { ${code} }`;
      }
      case 'ForGenericStatement': {
        const { iterators, variables, body } = statement;
        const [iterator] = iterators;
        if (!iterator) throw unknown(statement);
        const over = this.#expression(iterator);
        this.#scopes.push(new Map());
        const names = variables.map(({ name }) => this.#declare(name));
        const code = this.block(body);
        this.#scopes.pop();
        return `for (let [${names.join(', ')}] of lua.iterate(${over})) { ${code} }`;
      }
      case 'ReturnStatement':
        return `return ${this.#list(statement.arguments)};`;
      case 'BreakStatement':
        return 'break;';
      default:
        throw unknown(statement);
    }
  }

  #assign(target: Expression, value: string): string {
    if (target.type === 'Identifier') return `${this.#nameOf(target.name)} = ${value};`;
    const [table, key] = this.#place(target);
    return `lua.setIndex(${table}, ${key}, ${value});`;
  }

  #place(target: Expression): readonly [table: string, key: string] {
    if (target.type === 'MemberExpression') {
      return [this.#expression(target.base), JSON.stringify(target.identifier.name)];
    }
    if (target.type !== 'IndexExpression') throw unknown(target);
    return [this.#expression(target.base), this.#expression(target.index)];
  }

  #function({ parameters, body }: FunctionDeclaration): string {
    this.#scopes.push(new Map());
    const names = parameters.map((each) =>
      each.type === 'Identifier' ? this.#declare(each.name) : '...$rest',
    );
    const code = this.block(body);
    this.#scopes.pop();
    return `(${names.join(', ')}) => { ${code} return []; }`;
  }

  /** The values one by one, if their number is known. */
  #valuesOf(expressions: readonly Expression[], wanted: number): readonly string[] {
    const last = expressions.at(-1);
    if (last && hasMany(last) && expressions.length < wanted) return [];
    const values = expressions.map((each) => this.#expression(each));
    while (values.length < wanted) values.push('undefined');
    return values;
  }

  /** A list of values. The last one, if it is a call, adds all that it returns. */
  #list(expressions: readonly Expression[]): string {
    const values = expressions.map((each, at) => {
      if (at < expressions.length - 1 || !hasMany(each)) return this.#expression(each);
      return each.type === 'VarargLiteral' ? '...$rest' : `...${this.#calls(each)}`;
    });
    return `[${values.join(', ')}]`;
  }

  #calls(expression: Expression): string {
    if (expression.type !== 'CallExpression') throw unknown(expression);
    return `lua.call(${this.#expression(expression.base)}, ${this.#list(expression.arguments)})`;
  }

  #expression(expression: Expression): string {
    switch (expression.type) {
      case 'Identifier':
        return this.#nameOf(expression.name);
      case 'StringLiteral':
        return JSON.stringify(expression.value);
      case 'NumericLiteral':
        return String(expression.value);
      case 'BooleanLiteral':
        return String(expression.value);
      case 'NilLiteral':
        return 'undefined';
      case 'CallExpression':
        return `${this.#calls(expression)}[0]`;
      case 'MemberExpression':
      case 'IndexExpression':
        return `lua.index(${this.#place(expression).join(', ')})`;
      case 'FunctionDeclaration':
        return this.#function(expression);
      case 'UnaryExpression': {
        const operand = this.#expression(expression.argument);
        if (expression.operator === 'not') return `!lua.truthy(${operand})`;
        if (expression.operator === '#') return `lua.length(${operand})`;
        if (expression.operator === '-') return `(-lua.number(${operand}))`;
        throw unknown(expression);
      }
      case 'LogicalExpression': {
        const [left, right] = [expression.left, expression.right].map((each) =>
          this.#expression(each),
        );
        // A function, so that the value on the left is computed once.
        return expression.operator === 'and'
          ? `(($l) => lua.truthy($l) ? ${right} : $l)(${left})`
          : `(($l) => lua.truthy($l) ? $l : ${right})(${left})`;
      }
      case 'BinaryExpression': {
        const operator = OPERATORS[expression.operator];
        if (!operator) throw unknown(expression);
        return operator(this.#expression(expression.left), this.#expression(expression.right));
      }
      case 'TableConstructorExpression':
        return this.#table(expression.fields);
      default:
        throw unknown(expression);
    }
  }

  #table(fields: Extract<Expression, { type: 'TableConstructorExpression' }>['fields']): string {
    const values: Expression[] = [];
    const named: string[] = [];
    for (const field of fields) {
      if (field.type === 'TableValue') values.push(field.value);
      else if (field.type === 'TableKeyString') {
        named.push(`[${JSON.stringify(field.key.name)}, ${this.#expression(field.value)}]`);
      } else throw unknown(field);
    }
    return `lua.LuaTable.of(${this.#list(values)}, [${named.join(', ')}])`;
  }
}

const hasMany = ({ type }: Expression): boolean =>
  type === 'CallExpression' || type === 'VarargLiteral';

const unknown = ({ type }: { readonly type: string }): Error =>
  new Error(`${type} is not modelled`);
