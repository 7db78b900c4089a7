/**
 * npm runs this in a package's folder before it packs the package. It builds everything and copies the licence.
 * Works in a fresh clone.
 */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, ROOT, requireNode } from './support/steps.mjs';

requireNode();
install();
build();
copyFileSync(join(ROOT, 'LICENSE'), join(process.cwd(), 'LICENSE'));
