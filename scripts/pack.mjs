/** `npm run pack [-- FOLDER]`: every package as it is published, as tarballs in `.cache/packages` or another folder. */

import { resolve } from 'node:path';
import { pack, packInto } from './support/pack.mjs';
import { build, install, requireNode, say } from './support/steps.mjs';

requireNode();
install();
build();
const folder = process.argv[2];
if (folder) packInto(resolve(folder));
else pack();
say(`Packed in ${folder ?? '.cache/packages'}`);
