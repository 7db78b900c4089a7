/**
 * `npm run bench`: installs and builds what is missing, then measures. All of it takes about a quarter of an hour.
 * `npm run bench -- fan-out` asks one question, `npm run bench -- --short` gives a quick look.
 */

import { join } from 'node:path';
import { build, install, requireNode, run, tsc } from './support/steps.mjs';

requireNode();
install();
build();
tsc('-p', 'bench');
run(process.execPath, [join('.cache', 'bench', 'main.js'), ...process.argv.slice(2)]);
