/** Builds the site: what is generated first, then every page. Whatever is amiss ends it with exit code 1. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vitepress';
import { writeApi } from './api.mjs';
import { GENERATED, ROOT } from './pages.mjs';

const generated = join(ROOT, GENERATED);
rmSync(generated, { recursive: true, force: true });

try {
  await writeApi(join(generated, 'api'));
  await build(import.meta.dirname);
} catch (error) {
  // TypeDoc and VitePress have printed what, and where.
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
