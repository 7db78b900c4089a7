/** `npm run docs`: the site builds without warnings, is complete, and is readable on a desktop and on a phone. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { Lab, test } from '../support/lab.js';
import { ROOT } from '../support/root.js';
import { until } from '../support/until.js';
import { PAGES } from './support/pages.js';

const SITE = join(ROOT, '.cache', 'docs', 'site');
const INSTALL_AND_BUILD_MS = 300_000;
/** A page takes two to three seconds to load and start, and several times that on a busy machine. */
const FOUR_PAGES_MS = 90_000;

const lab = new Lab();
let url = '';
let output = '';

beforeAll(async () => {
  const port = String(await freePort());
  const script = join(ROOT, 'scripts', 'docs.mjs');
  const command = lab.command(process.execPath, [script, '--serve', '--port', port]);
  [, url = ''] = await command.says(/served at (http:\S+?)\/?\s/, INSTALL_AND_BUILD_MS);
  output = command.stdout + command.stderr;
}, INSTALL_AND_BUILD_MS + 10_000);
afterAll(() => lab.close());

describe('the built site', () => {
  test('builds without a warning', () => {
    expect(output).toContain('build complete');
    expect(output).not.toMatch(/warn|error|fail|\(!\)/i);
  });

  test('has every page of the documentation, in its sidebar', () => {
    const home = new Set(linksIn(htmlOf('index')));
    const places = PAGES.filter((page) => page.startsWith('docs/')).map((page) =>
      page.replace(/^docs(\/.+?)(README)?\.md$/, '$1'),
    );
    expect(places.length).toBeGreaterThan(20);
    expect(places.filter((place) => !home.has(place))).toEqual([]);
  });

  test('has no link to a page or a heading that does not exist', () => {
    const pages = new Map(
      readdirSync(SITE, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.html'))
        .map((path) => [
          `/${path.replace(/(index)?\.html$/, '')}`,
          readFileSync(join(SITE, path), 'utf8'),
        ]),
    );
    const dead = [...pages].flatMap(([page, html]) =>
      linksIn(html)
        .filter((link) => {
          const [path = '', anchor] = link.split('#');
          const target = pages.get(path === '' ? page : path);
          if (anchor === undefined || target === undefined) return target === undefined;
          return !target.includes(` id="${decodeURIComponent(anchor)}"`);
        })
        .map((link) => `${page} links to ${link}`),
    );
    expect(pages.size).toBeGreaterThan(60);
    expect(dead).toEqual([]);
  });
});

describe('the API reference', () => {
  test('has each public entry of each package', () => {
    const entries = readdirSync(join(ROOT, 'packages')).flatMap((folder) => {
      const manifest = readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8');
      const { name, exports } = JSON.parse(manifest) as {
        name: string;
        exports: Record<string, string | { types?: string }>;
      };
      return Object.entries(exports)
        .filter(
          ([path, entry]) => typeof entry === 'object' && !['./internal', './rules'].includes(path),
        )
        .map(([path]) => join(name, path));
    });
    expect(entries.length).toBeGreaterThan(12);
    const links = linksIn(htmlOf('api/index'));
    expect(entries.filter((entry) => !links.includes(`/api/${entry}`))).toEqual([]);
  });

  test('has the text of docstrings, with links to what they mention', () => {
    const source = readFileSync(join(ROOT, 'packages/server/src/attach.ts'), 'utf8');
    const [, docstring = '?'] =
      /\/\*\*\n \* (.+)\n(?: \*.*\n)+export function attachSessions/.exec(source) ?? [];
    const page = htmlOf('api/@session-monitor/server');
    expect(page).toContain(docstring);
    expect(linksIn(page)).toContain('#attachoptions');
  });
});

const SCREENS = [
  ['a desk', {}],
  ['a desk in the dark', { colorScheme: 'dark' }],
  ['a phone', { viewport: { width: 375, height: 812 }, isMobile: true, hasTouch: true }],
] as const;

test.for(SCREENS)(
  'on %s, pages are whole and no wider than the screen',
  async ([, options], lab) => {
    const page = await (await openContext(lab, options)).newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
    page.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
    });
    for (const path of ['/', '/guides/express', '/configuration', '/api/@session-monitor/server']) {
      await page.goto(`${url}${path}`);
      await until('the page has come to life', () =>
        page.evaluate(() => '__vue_app__' in (document.querySelector('#app') ?? {})),
      );
      const { clientWidth, scrollWidth, className } = await page.evaluate(() => {
        const { clientWidth, scrollWidth, className } = document.documentElement;
        return { clientWidth, scrollWidth, className };
      });
      expect(await page.locator('h1').first().innerText()).not.toBe('');
      expect(scrollWidth, path).toBe(clientWidth);
      expect(className.includes('dark')).toBe('colorScheme' in options);
    }
    expect(errors).toEqual([]);
  },
  FOUR_PAGES_MS,
);

test('the search finds entries of the API', async (lab) => {
  const page = await (await openContext(lab)).newPage();
  await page.goto(url);
  await page.locator('#local-search button').click();
  await page.locator('#localsearch-input').fill('attachSessions');
  const found = page.locator('#localsearch-list');
  await until('it is found', async () =>
    (await found.innerText()).includes('@session-monitor/server'),
  );
});

const htmlOf = (place: string): string => readFileSync(join(SITE, `${place}.html`), 'utf8');

/** The links of a page to the site. */
const linksIn = (html: string): readonly string[] =>
  [...html.matchAll(/<a [^>]*?href="([/#][^"]*)"/g)].map(([, href = '']) => href);
