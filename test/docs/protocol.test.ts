/** PROTOCOL.md leads to each section of its pages, and from each section that it had before it had pages. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/root.js';
import { slugsOf } from './check/links.js';
import { textOf } from './support/pages.js';

const FOLDER = 'packages/protocol';
const entry = textOf(`${FOLDER}/PROTOCOL.md`);
const pages = readdirSync(join(ROOT, FOLDER, 'docs')).map((name) => `docs/${name}`);

describe('PROTOCOL.md', () => {
  test('has pages', () => {
    expect(pages).toEqual(['common', 'flows', 'http', 'v1', 'v2'].map((name) => `docs/${name}.md`));
  });

  test.each(pages)('links to %s and to each of its sections', (page) => {
    const [title = '', ...sections] = slugsOf(textOf(`${FOLDER}/${page}`));
    const links = [page, ...sections.map((slug) => `${page}#${slug}`)];
    expect(title).not.toBe('');
    expect(links.filter((link) => !entry.includes(`](${link})`))).toEqual([]);
  });

  test('says of each section that it had where the section is now', () => {
    const rows = entry.split('\n').filter((line) => line.startsWith('| '));
    const anchors = rows.flatMap((row) => [...row.matchAll(/<a id="([^"]+)"><\/a>(.)/g)]);
    expect(anchors.length).toBe(81);
    const unled = anchors.filter(([, anchor, next]) => next !== '[' && anchor !== 'overview');
    expect(unled.map(([, anchor]) => anchor)).toEqual([]);
  });
});
