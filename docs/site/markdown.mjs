/** What the site makes of Markdown besides what VitePress does. */

import { resolveLink } from './pages.mjs';

/** @param {string[]} pages as `findPages` finds them */
export const extendMarkdown = (pages) => (md) => {
  // Links that are right in the repository are right on the site.
  md.core.ruler.push('links-of-the-repository', ({ tokens, env }) => {
    // The index of the search is made without them.
    if (!env.realPath) return;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href && !/^([a-z]+:|#|\/)/.test(href)) {
        token.attrSet('href', resolveLink(pages, env.realPath, href));
      }
    }
  });
  // Docstrings indent their examples.
  md.renderer.rules.code_block = (tokens, index, ...rest) => {
    tokens[index].info = 'ts';
    return md.renderer.rules.fence(tokens, index, ...rest);
  };
};
