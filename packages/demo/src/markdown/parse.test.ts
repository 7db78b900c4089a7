import { describe, expect, test } from 'vitest';
import { parseMarkdown, safeAddress } from './parse.js';
import { type TreeNode, textOf } from './tree.js';

/** A tree as the HTML that a reader of this test knows. Only here. */
function written(node: TreeNode): string {
  if (typeof node === 'string') return node;
  const { tag, children, href, start } = node;
  const attributes = `${href ? ` href=${href}` : ''}${start === undefined ? '' : ` start=${start}`}`;
  return `<${tag}${attributes}>${children.map(written).join('')}</${tag}>`;
}

const read = (source: string): string => parseMarkdown(source).blocks.map(written).join('\n');

describe('Markdown', () => {
  const table: readonly [what: string, source: string, tree: string][] = [
    ['paragraphs', 'one\ntwo\n\nthree', '<p>one\ntwo</p>\n<p>three</p>'],
    ['headings', '# A\n\n## B\n\n#### C', '<h3> A</h3>\n<h3> B</h3>\n<h4> C</h4>'],
    ['emphasis', 'a *b* **c `d`**', '<p>a <em>b</em> <strong>c <code>d</code></strong></p>'],
    [
      'a list',
      '- a\n- b\n  - c',
      '<ul><li><p>a</p></li><li><p>b</p><ul><li><p>c</p></li></ul></li></ul>',
    ],
    ['a numbered list', '3. a\n4. b', '<ol start=3><li><p>a</p></li><li><p>b</p></li></ol>'],
    ['a quote', '> a\n> b', '<blockquote><p>a\n b</p></blockquote>'],
    ['code', '```js\na <b>\n\n  c\n```\nd', '<pre><code>a <b>\n\n  c</code></pre>\n<p>d</p>'],
    [
      'code in a list',
      '- a\n\n  ~~~\n  b\n   c\n  ~~~',
      '<ul><li><p>a</p><pre><code>b\n c</code></pre></li></ul>',
    ],
    ['code that goes on', '```\na\n', '<pre><code>a\n</code></pre>'],
    ['a backtick in code', '`` ` ``', '<p><code>`</code></p>'],
    ['a rule', 'a\n\n---', '<p>a</p>\n<hr></hr>'],
    ['breaks and escapes', 'a  \nb \\*c\\*', '<p>a<br></br>b *c*</p>'],
    ['entities', '&lt;b&gt; &amp; &copy;', '<p><b> & &copy;</p>'],
    [
      'a link',
      '[a *b*](https://x.example/?q=1 "t")',
      '<p><a href=https://x.example/?q=1>a <em>b</em></a></p>',
    ],
    [
      'an address',
      '<https://x.example>',
      '<p><a href=https://x.example/>https://x.example</a></p>',
    ],
    ['what is not closed', '**a `b [c](d', '<p>**a `b [c](d</p>'],
  ];
  test.each(table)('has %s', (_what, source, tree) => {
    expect(read(source)).toBe(tree);
  });
});

describe('what is not allowed is shown as it was written', () => {
  const sources = [
    '<script>alert(1)</script>',
    'a <img src=x onerror=alert(1)> b',
    '<!-- a -->',
    '<div>\n\n*a*',
    '[a](javascript:alert(1))',
    '[a](JaVaScRiPt:alert(1))',
    '[a](data:text/html,<script>alert(1)</script>)',
    '[a](//x.example)',
    '[a](/threads)',
    '[a](<vbscript:x>)',
    '<javascript:alert(1)>',
    '[a][b]\n\n[b]: javascript:alert(1)',
  ];
  for (const source of sources) {
    test(source.replaceAll('\n', '⏎'), () => {
      const tree = read(source);
      expect(tree).not.toMatch(/<a |href/);
      const text = parseMarkdown(source).blocks.map(textOf).join('\n');
      // Emphasis is Markdown, wherever it stands.
      expect(text).toBe(`${source.replace('*a*', 'a')}\n`);
    });
  }

  test('a picture is a link to it', () => {
    expect(read('![a](http://x.example/y.png)')).toBe(
      '<p>!<a href=http://x.example/y.png>a</a></p>',
    );
  });
});

test('an address is absolute, and of the web', () => {
  expect(safeAddress('https://x.example/a b')).toBe('https://x.example/a%20b');
  expect(safeAddress('HTTP://X.example')).toBe('http://x.example/');
  for (const address of ['x', '/x', '//x', 'ftp://x', 'java\nscript:x', ' javascript:x', '']) {
    expect([address, safeAddress(address)]).toEqual([address, undefined]);
  }
});

test('what is marked is marked to the letter, through all of it', () => {
  const source = 'ab **cd** [ef](https://x.example) `gh` &amp; ij';
  const marked = [
    { from: 1, to: 6 },
    { from: 11, to: source.length },
  ];
  const [block] = parseMarkdown(source, marked).blocks;
  expect(block && written(block)).toBe(
    '<p>a<mark>b </mark><strong><mark>c</mark>d</strong> ' +
      '<a href=https://x.example/><mark>ef</mark></a><mark> </mark><code><mark>gh</mark></code><mark> & ij</mark></p>',
  );
});

test('what is nested without end is text from some depth on', () => {
  for (const source of [
    '>'.repeat(20_000),
    `${'*a '.repeat(5_000)}${'*'.repeat(5_000)}`,
    '- '.repeat(5_000),
  ]) {
    expect(() => parseMarkdown(source)).not.toThrow();
  }
  const { blocks } = parseMarkdown(`${'> '.repeat(40)}deep`);
  expect(blocks.map(textOf).join('')).toMatch(/^(> )+deep\n$/);
});
