/** The links of the documentation lead somewhere, on GitHub as on the site; what is elsewhere is not asked for. */

import { expect, test } from 'vitest';
import { problemsOfLinks } from './check/links.js';
import { LINKED_PAGES, textOf } from './support/pages.js';

test.each(LINKED_PAGES)('%s has no dead link', (page) => {
  expect(problemsOfLinks(page, textOf(page))).toEqual([]);
});
