/** The links of the documentation work, on GitHub and on the site. The test requests no external address. */

import { expect, test } from 'vitest';
import { problemsOfLinks } from './check/links.js';
import { LINKED_PAGES, textOf } from './support/pages.js';

test.each(LINKED_PAGES)('%s has no dead link', (page) => {
  expect(problemsOfLinks(page, textOf(page))).toEqual([]);
});
