/** Serves the site that was built: `node docs/site/serve.mjs PORT`. */

import { serve } from 'vitepress';

await serve({ root: import.meta.dirname, port: Number(process.argv[2]) });
