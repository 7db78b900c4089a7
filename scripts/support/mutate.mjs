/**
 * Removes a rule from the sources. A comment marks the place, on the line above it: `// mutant: NAME`, or several
 * names with commas between them. The rule is the statement, the property or the element below the comment.
 * A mutant therefore stays valid when code is moved or renamed.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { PACKAGES, ROOT } from './steps.mjs';

const MARK = /^ mutant: (?<names>[a-z0-9-]+(?:, [a-z0-9-]+)*)$/;

/**
 * The source without one rule, or undefined if the source does not hold that rule.
 *
 * @param {string} file path of the source, for errors
 * @param {string} code
 * @param {import('../../test/simulation/mutants.mjs').Mutant} mutant
 */
export function mutated(file, code, mutant) {
  if (!code.includes(mutant.name)) return undefined;
  const points = mutationPoints(file, code).filter(({ names }) => names.includes(mutant.name));
  if (points.length === 0) return undefined;
  return points.reduceRight((text, { start, end }) => {
    const instead = insteadOf(text.slice(start, end), mutant);
    // A property or an element takes its comma along.
    const rest = instead === '' ? text.slice(end).replace(/^,/, '') : text.slice(end);
    return text.slice(0, start) + instead + rest;
  }, code);
}

/**
 * The marked places of a source, in the order of the text.
 *
 * @param {string} file
 * @param {string} code
 */
function mutationPoints(file, code) {
  if (!code.includes('// mutant:')) return [];
  const { program, comments } = parseSync(file, code);
  return comments.flatMap(({ value, end }) => {
    const names = MARK.exec(value)?.groups.names.split(', ');
    if (!names) return [];
    const node = outermostAt(program.body, end + code.slice(end).search(/\S/));
    if (!node) throw new Error(`${file}: below "//${value}" there is nothing to take out`);
    return [{ names, start: node.start, end: node.end }];
  });
}

const LUA_MARK = /^[ \t]*-- mutant: (?<names>[a-z0-9-]+(?:, [a-z0-9-]+)*)\n/gm;

/**
 * The same for a Lua file. The rule is the line below a comment `-- mutant: NAME`.
 *
 * @param {string} lua
 * @param {import('../../test/simulation/mutants.mjs').Mutant} mutant
 */
export function mutatedLua(lua, mutant) {
  const points = luaPoints(lua).filter(({ names }) => names.includes(mutant.name));
  if (points.length === 0) return undefined;
  return points.reduceRight(
    (text, { start, end }) =>
      text.slice(0, start) + insteadOf(text.slice(start, end), mutant) + text.slice(end),
    lua,
  );
}

const luaPoints = (lua) =>
  [...lua.matchAll(LUA_MARK)].map(({ 0: mark, index, groups }) => {
    const start = index + mark.length;
    const end = lua.indexOf('\n', start);
    return { names: groups.names.split(', '), start, end };
  });

/** The largest piece of a syntax tree that starts at a position. */
function outermostAt(tree, position) {
  if (tree === null || typeof tree !== 'object') return undefined;
  if (tree.start === position) return tree;
  if (tree.start > position || tree.end <= position) return undefined;
  for (const part of Object.values(tree)) {
    const found = outermostAt(part, position);
    if (found) return found;
  }
  return undefined;
}

/** The text that replaces a rule: none, unless the mutant names one. */
function insteadOf(rule, { swap, becomes = '', append = '' }) {
  if (!swap) return `${becomes}${append}`;
  const [find, replace] = swap;
  const parts = rule.split(find);
  if (parts.length === 2) return `${parts.join(replace)}${append}`;
  throw new Error(`"${find}" occurs ${parts.length - 1} times instead of once: ${rule}`);
}

/**
 * The problems of mutants and marks: a mutant whose rule is not found, a mark without a mutant.
 *
 * @param {readonly import('../../test/simulation/mutants.mjs').Mutant[]} mutants
 * @param {readonly (readonly [file: string, code: string])[]} [sources] by default those of all packages
 * @returns {readonly string[]}
 */
export function outOfDate(mutants, sources = sourcesOfPackages()) {
  const isLua = (file) => file.endsWith('.lua');
  const marked = new Set(
    sources
      .flatMap(([file, code]) => (isLua(file) ? luaPoints(code) : mutationPoints(file, code)))
      .flatMap(({ names }) => names),
  );
  const unfit = mutants.flatMap((mutant) => {
    if (!marked.has(mutant.name)) return [`${mutant.name}: no source is marked with its name`];
    try {
      for (const [file, code] of sources) {
        if (isLua(file)) mutatedLua(code, mutant);
        else mutated(file, code, mutant);
      }
      return [];
    } catch (error) {
      return [`${mutant.name}: ${error.message}`];
    }
  });
  const known = new Set(mutants.map(({ name }) => name));
  const unknown = [...marked].filter((name) => !known.has(name));
  return [...unfit, ...unknown.map((name) => `${name}: a mark without a mutant`)];
}

const sourcesOfPackages = () =>
  PACKAGES.flatMap((name) => {
    const folder = join(ROOT, 'packages', name, 'src');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(tsx?|lua)$/.test(file))
      .map((file) => [join(folder, file), readFileSync(join(folder, file), 'utf8')]);
  });
