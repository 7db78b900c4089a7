/**
 * `npm run docs`: builds the documentation's site in `.cache/docs/site`. `npm run docs -- --serve [--port 4173]` also
 * serves it. The site's tools are a separate project: TypeDoc needs an older TypeScript than the workspace.
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, install, ROOT, requireNode, run } from './support/steps.mjs';

const DEFAULT_PORT = '4173';

function readFlags() {
  try {
    return parseArgs({
      options: {
        serve: { type: 'boolean', default: false },
        port: { type: 'string', default: DEFAULT_PORT },
      },
    }).values;
  } catch (error) {
    return fail(`${error.message} Flags: --serve, --port ${DEFAULT_PORT}.`);
  }
}

const { serve, port } = readFlags();
const site = join(ROOT, 'docs', 'site');
requireNode();
install();
install(site);
run(process.execPath, [join(site, 'build.mjs')]);
if (serve) run(process.execPath, [join(site, 'serve.mjs'), port]);
