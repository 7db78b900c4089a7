/** `npm start`: installs what is missing, builds what is stale, serves. */

import { build, install, requireNode } from './support/steps.mjs';

requireNode();
install();
build();
await import('../packages/server/dist/main.js');
