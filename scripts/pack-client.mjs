/**
 * `npm run pack-client [-- FOLDER]`: the client's package as it is published, in `.cache/packages/client` or another
 * folder. It depends on nothing: the protocol's modules are in it.
 */

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inlineProtocol, isPublished } from './support/inline-protocol.mjs';
import { build, install, ROOT, requireNode, say } from './support/steps.mjs';

requireNode();
install();
build();
const client = join(ROOT, 'packages', 'client');
const target = resolve(ROOT, process.argv[2] ?? '.cache/packages/client');
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
cpSync(join(client, 'dist'), join(target, 'dist'), { recursive: true, filter: isPublished });
inlineProtocol(join(ROOT, 'packages', 'protocol', 'dist'), join(target, 'dist'));
const { devDependencies: _, ...manifest } = JSON.parse(
  readFileSync(join(client, 'package.json'), 'utf8'),
);
writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
say(`Packed in ${target}`);
