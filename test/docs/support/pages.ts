/** The pages of the documentation, found by folder, so that a new page is checked without a change here. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/root.js';

/** Paths of Markdown files below a folder, from the project's folder, sorted. */
const markdownIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .map((path) => join(folder, path))
    .sort();

const isDecision = (path: string): boolean => path.startsWith('docs/decisions/');
/** `npm run docs` generates the files there. */
const isGenerated = (path: string): boolean => path.startsWith('docs/site/');
const isReadme = (path: string): boolean =>
  path.split('/').length === 3 && path.endsWith('README.md');

const DOCS = markdownIn('docs').filter((path) => !isGenerated(path));
const READMES = ['packages', 'examples'].flatMap((folder) => markdownIn(folder).filter(isReadme));

/** The pages for users of the product. Each of their code blocks is tested. */
export const PAGES = ['README.md', ...DOCS.filter((path) => !isDecision(path)), ...READMES];

/** All pages that these pages link to. Each of their links is checked. */
export const LINKED_PAGES = [
  ...PAGES,
  ...DOCS.filter(isDecision),
  ...markdownIn('packages/protocol').filter((path) => !isReadme(path)),
  'CHANGELOG.md',
  'CONTRIBUTING.md',
];

export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
