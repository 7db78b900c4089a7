/**
 * A heading's anchor as GitHub makes it, so that a link leads to the same place there and on the site.
 *
 * @param {string} text of the heading, without markup
 */
export const slugify = (text) =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
