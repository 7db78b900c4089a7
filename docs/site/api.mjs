/** The API reference: what each public entry of each package exports, as Markdown, from the docstrings of the sources. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Application } from 'typedoc';
import { ROOT } from './pages.mjs';

/** Types that public ones mention, and that no app has to name. Any other one has to be exported. */
const UNNAMED = {
  '@session-monitor/client': ['Answered', 'Listener', 'NameOf'],
  '@session-monitor/http': ['Route'],
  '@session-monitor/server': [
    'Ends',
    'RedisAddress',
    'ServerErrorOptions',
    'TABLES',
    'TaggedOffset',
  ],
  '@session-monitor/testing': ['FakeManager', 'Listener'],
};
/** For packages of the same version only. */
const INTERNAL = ['./internal', './rules'];

/** Each public entry: `@session-monitor/client/react` and where its source is. */
function findEntries() {
  const folders = readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name));
  return folders.flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return Object.entries(exports)
      .filter(([, { types }]) => types !== undefined)
      .map(([path, { types }]) => ({
        name: join(name, path).replaceAll('\\', '/'),
        source: join(folder, types.replace('dist', 'src').replace('.d.ts', '.ts')),
        isPublic: !INTERNAL.includes(path),
      }));
  });
}

/** Packages that import each other find the sources: a type has one page, whichever package mentions it. */
function writeTsconfig(path, entries) {
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023', 'DOM'],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules', '@types')],
    paths: Object.fromEntries(entries.map(({ name, source }) => [name, [source]])),
  };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    JSON.stringify({ compilerOptions, files: entries.map(({ source }) => source) }),
  );
}

/**
 * Writes the reference.
 *
 * @param {string} out the folder
 * @throws Error if a docstring links to nothing, or mentions a type that is not exported; TypeDoc has printed which
 */
export async function writeApi(out) {
  const entries = findEntries();
  const tsconfig = join(ROOT, '.cache', 'docs', 'tsconfig.json');
  writeTsconfig(tsconfig, entries);
  const app = await Application.bootstrapWithPlugins({
    tsconfig,
    entryPoints: entries.filter(({ isPublic }) => isPublic).map(({ source }) => source),
    plugin: ['typedoc-plugin-markdown'],
    // The workspace's own TypeScript checks them; TypeDoc has an older one.
    skipErrorChecking: true,
    disableSources: true,
    excludeInternal: true,
    excludeProtected: true,
    excludeExternals: true,
    validation: { notExported: false, invalidLink: true },
    logLevel: 'Warn',
    out,
    entryFileName: 'index.md',
    hidePageHeader: true,
    useHTMLAnchors: true,
    readme: 'none',
    name: 'API reference',
    outputFileStrategy: 'modules',
    useHTMLEncodedBrackets: true,
    hideBreadcrumbs: true,
    groupOrder: [
      ...['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables'],
      ...['Constructors', 'Properties', 'Accessors', 'Methods'],
    ],
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    githubPages: false,
  });
  const points = app.getEntryPoints() ?? [];
  for (const point of points) {
    const { name } = entries.find(({ source }) => source === point.sourceFile.fileName);
    point.displayName = name;
  }
  const project = app.converter.convert(points);
  app.validate(project);
  // TypeDoc asks only for the exports of the package that a project is of.
  app.options.setValue('validation', { notExported: true, invalidLink: false });
  for (const name of new Set(entries.map((entry) => entry.name.split('/', 2).join('/')))) {
    project.packageName = name;
    app.options.setValue('intentionallyNotExported', UNNAMED[name] ?? []);
    app.validate(project);
  }
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error(
      'The API reference has gaps: correct each {@link}, and export each type that a public one mentions ' +
        'or list it in docs/site/api.mjs.',
    );
  }
}
