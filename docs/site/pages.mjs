/** The pages of the site: Markdown where it lies in the repository, each with its place on the site. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the build makes, beside the pages: the API reference. */
export const GENERATED = 'docs/site/generated';

/** @param {string} path from the project's folder, as all paths of pages are */
export const read = (path) => readFileSync(join(ROOT, path), 'utf8');

const { repository } = JSON.parse(read('package.json'));
export const REPOSITORY = repository.url.replace(/^git\+|\.git$/g, '');

/** What a page's path in the repository becomes on the site; the first that fits. */
const PLACES = [
  [/^README\.md$/, 'index.md'],
  [/^CHANGELOG\.md$/, 'changelog.md'],
  [/^docs\/site\/generated\/(.+\.md)$/, '$1'],
  [/^docs\/(decisions|lab)\/README\.md$/, '$1/index.md'],
  [/^docs\/(?!site\/)(.+\.md)$/, '$1'],
  [/^packages\/protocol\/PROTOCOL\.md$/, 'protocol/index.md'],
  [/^packages\/protocol\/docs\/(.+\.md)$/, 'protocol/$1'],
  [/^(packages|examples)\/([^/]+)\/README\.md$/, '$1/$2.md'],
];

/** @returns {string | undefined} its path on the site; undefined if it is no page */
export function placeOf(path) {
  const [pattern, place] = PLACES.find(([each]) => each.test(path)) ?? [];
  return pattern && path.replace(pattern, place);
}

/** The page's address on the site. */
export const addressOf = (page) => `/${placeOf(page).replace(/(^|(?<=\/))index\.md$|\.md$/, '')}`;

/** @returns {string[]} every page that is there now */
export const findPages = () => [
  'README.md',
  'CHANGELOG.md',
  ...['docs', 'packages', 'examples'].flatMap(pagesIn),
];

const pagesIn = (folder) =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => !path.includes('/node_modules/') && placeOf(path) !== undefined)
    .sort();

/** The page's first heading, without markup. */
export const titleOf = (page) => /^# (.+)$/m.exec(read(page))?.[1].replaceAll('`', '') ?? page;

/** The page that stands for a folder. */
export const indexesOf = (folder) => [
  `${folder}/README.md`,
  `${GENERATED}/${posix.relative('docs', folder)}/index.md`,
];

/**
 * Where a link leads on the site: to a page, or to what the repository has there. A link to nothing stays as it is, and
 * the build refuses it.
 *
 * @param {string[]} pages as `findPages` finds them
 * @param {string} page its absolute path
 * @param {string} href relative to the page
 */
export function resolveLink(pages, page, href) {
  const [, path, anchor = ''] = /^([^#]*)(#.*)?$/.exec(href);
  const target = relative(ROOT, join(dirname(page), decodeURI(path))).replaceAll('\\', '/');
  const known = [target, ...indexesOf(target)].find((each) => pages.includes(each));
  if (known) return `${addressOf(known)}${anchor}`;
  if (!existsSync(join(ROOT, target))) return href;
  const kind = statSync(join(ROOT, target)).isDirectory() ? 'tree' : 'blob';
  return `${REPOSITORY}/${kind}/main/${target}${anchor}`;
}
