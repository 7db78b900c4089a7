/** The page that lists the decisions. */

import { relative } from 'node:path';
import { findPages, titleOf } from './pages.mjs';

export const decisionsIndex = () =>
  [
    '# Decisions',
    '',
    'Why it is as it is: one page for each question that could have been answered in another way.',
    '',
    ...findPages()
      .filter((page) => page.startsWith('docs/decisions/'))
      .map((page) => `- ${numberOf(page)}: [${titleOf(page)}](/${relative('docs', page)})`),
    '',
  ].join('\n');

const numberOf = (page) => Number(/\d+/.exec(page)?.[0]);
