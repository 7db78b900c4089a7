/** `npm start`: installs what is missing, builds what is stale, serves. */

import { build, install, requireNode } from './support/steps.mjs';

requireNode();
install();
build();
process.argv.splice(2, 0, 'serve');
await import('../packages/session-monitor/dist/cli/main.js');
