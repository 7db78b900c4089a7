/**
 * `npm run version`: turns the files in `.changeset` into the next version of all packages, in their manifests and
 * changelogs, in the packages that state theirs, in the examples and in the lockfile.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGES, ROOT, run, say } from './support/steps.mjs';

run(join(ROOT, 'node_modules', '.bin', 'changeset'), ['version']);
const { version } = JSON.parse(read('packages/client/package.json'));
for (const name of ['client', 'http', 'server']) {
  write(`packages/${name}/src/version.ts`, (text) => text.replace(/'[\d.]+'/, `'${version}'`));
}
write('packages/http/openapi.json', (text) =>
  text.replace(/("version": ")[\d.]+"/, `$1${version}"`),
);
for (const path of exampleManifests()) {
  write(path, (text) => text.replace(/("@session-monitor\/\w+": "\^?)[\d.]+"/g, `$1${version}"`));
}
run('npm', ['install', '--package-lock-only', '--ignore-scripts', '--loglevel=error']);
say(`${PACKAGES.length} packages are at ${version}. Review the changes, then commit them.`);

function exampleManifests() {
  const folders = ['.', ...readdirSync(join(ROOT, 'examples'))];
  return folders
    .map((folder) => join('examples', folder, 'package.json'))
    .filter((path) => read(path) !== undefined);
}

function read(path) {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return undefined;
  }
}

function write(path, change) {
  writeFileSync(join(ROOT, path), change(read(path)));
}
