/** The project's folder, from here as from a bundle two folders deep. */

import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
