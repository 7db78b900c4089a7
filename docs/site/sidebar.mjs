/**
 * What stands beside each page. The list is README.md's section "More", with its groups in bold. A page that it does not
 * name comes after those that it does.
 */

import { posix } from 'node:path';
import { addressOf, GENERATED, indexesOf, read, titleOf } from './pages.mjs';

const README = 'README.md';
/** Pages with a group of their own: the pages that they link to, in that order, from the same folder or below. */
const INDEXES = ['packages/protocol/PROTOCOL.md', 'docs/lab/README.md'];
/** Pages that the sidebar leaves to their index. */
const INDEXED = /^docs\/decisions\/|^docs\/site\//;

const item = (page, text = titleOf(page)) => ({ text, link: addressOf(page) });
const group = (text, pages, options) => ({
  text,
  items: pages.map((page) => item(page)),
  ...options,
});

/** @param {string[]} pages as `findPages` finds them */
export function sidebar(pages) {
  const listed = listedIn(read(README), pages);
  const indexes = INDEXES.filter((page) => pages.includes(page));
  const chapters = indexes.map((index) => [index, chaptersOf(index, pages)]);
  const named = new Set([README, ...listed.flatMap(([, each]) => each), ...chapters.flat(2)]);
  const rest = pages.filter((page) => !named.has(page) && !INDEXED.test(page));
  const restIn = (folder) => rest.filter((page) => page.startsWith(folder));
  return [
    item(README, 'Overview'),
    ...listed.map(([text, each]) => group(text, each)),
    ...chapters.map(([index, each]) => group(titleOf(index), each, { link: addressOf(index) })),
    group('More', [...restIn('docs/'), 'CHANGELOG.md']),
    group('Packages', restIn('packages/'), { collapsed: true }),
    group('Examples', restIn('examples/'), { collapsed: true }),
  ].filter(({ link, items }) => link || items.length > 0);
}

/** The groups of README's section, each with the pages that it links to; a page counts where it stands first. */
function listedIn(text, pages) {
  const [, section = ''] = text.split(/^## More$/m);
  const [, ...parts] = section.split(/^\*\*(.+)\*\*$/m);
  const seen = new Set([README, ...INDEXES]);
  const groups = [];
  for (let at = 0; at < parts.length; at += 2) {
    const links = Array.from(parts[at + 1].matchAll(/\]\(([^)#]+)/g), ([, path]) => path);
    const linked = links
      .map((path) => [path, ...indexesOf(path)].find((each) => pages.includes(each)))
      .filter((page) => page && !seen.has(page) && seen.add(page));
    groups.push([parts[at], linked]);
  }
  return groups;
}

function chaptersOf(index, pages) {
  const folder = posix.dirname(index);
  const links = Array.from(read(index).matchAll(/\]\(([^)#]+)/g), ([, path]) =>
    posix.join(folder, path),
  );
  return [...new Set(links)].filter(
    (page) => page.startsWith(`${folder}/`) && pages.includes(page),
  );
}

/** The packages' public entries. Their scope goes without saying. */
export function apiSidebar(pages) {
  const index = `${GENERATED}/api/index.md`;
  const entries = pages.filter((page) => page.startsWith(`${GENERATED}/api/`) && page !== index);
  const items = entries.map((page) => item(page, titleOf(page).replace(/^@.+?\//, '')));
  return [item(index), { text: 'Packages', items }];
}
