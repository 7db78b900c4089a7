/**
 * Loaded into the server before its first line. The server is the built one, started as by `npm start`. Two of
 * its modules get a stand-in that wraps the real one: the store's, so that its flushes can be slow or fail, and
 * the app's, so that a backend within the process publishes. The wall clock can jump, too.
 */

import { register } from 'node:module';
import './clock.mjs';

register('./hooks.mjs', import.meta.url);
