import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { extendMarkdown } from '../markdown.mjs';
import { findPages, placeOf, REPOSITORY, ROOT } from '../pages.mjs';
import { apiSidebar, sidebar } from '../sidebar.mjs';
import { slugify } from '../slug.mjs';

const pages = findPages();
const svg = readFileSync(join(ROOT, 'packages', 'demo', 'src', 'icon.svg'), 'utf8');
const icon = `data:image/svg+xml,${encodeURIComponent(svg)}`;

export default defineConfig({
  title: 'Session Monitor',
  description: 'Long AI conversations over Socket.IO that never lose, repeat or hide a word',
  lang: 'en',
  head: [['link', { rel: 'icon', href: icon }]],
  srcDir: '../..',
  // SECURITY.md is for the repository's host. Beside docs/security.md it would be a second page of that name.
  srcExclude: ['SECURITY.md', 'bench/**', 'data/**', 'scripts/**', 'test/**'],
  rewrites: Object.fromEntries(pages.map((page) => [page, placeOf(page)])),
  outDir: join(ROOT, '.cache', 'docs', 'site'),
  cacheDir: join(ROOT, '.cache', 'docs', 'vitepress'),
  cleanUrls: true,
  markdown: {
    anchor: { slugify },
    // There is no grammar for Caddy's configuration.
    languageAlias: { caddyfile: 'nginx' },
    config: extendMarkdown(pages),
  },
  themeConfig: {
    logo: icon,
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/' },
      { text: 'API', link: '/api/' },
      { text: 'Protocol', link: '/protocol/' },
    ],
    sidebar: { '/': sidebar(pages), '/api/': apiSidebar(pages) },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
  },
  // A search loads its index, 1 MB, when it is opened.
  vite: { build: { chunkSizeWarningLimit: 5_000 } },
});
