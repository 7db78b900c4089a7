/**
 * What npm runs before it packs one of the packages, in the package's folder: everything is built, and the licence
 * goes along. Works in a fresh clone.
 */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, ROOT, requireNode } from './support/steps.mjs';

requireNode();
install();
build();
copyFileSync(join(ROOT, 'LICENSE'), join(process.cwd(), 'LICENSE'));
