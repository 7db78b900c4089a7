/**
 * Loaded into the server before its own first line. The server is the built one, started as `npm start`
 * starts it; two of its modules get a stand-in that wraps the real one: the store's, so that its flushes can
 * be made slow or fail, and the app's, so that a backend within the process publishes. And the wall clock
 * can be made to jump.
 */

import { register } from 'node:module';
import './clock.mjs';

register('./hooks.mjs', import.meta.url);
