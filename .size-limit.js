/** What the client and the dashboard may cost a page. `npm test` holds it. */

/** As the bundlers of apps do: what is imported when it is needed is not part of the program. */
const inModules = (config) => ({ ...config, format: 'esm' });

export default [
  {
    name: 'The core: all that decides what a follower does',
    path: 'packages/client/dist/core/index.js',
    import: '{ initialState, RULES, step }',
    gzip: true,
    limit: '5 kB',
  },
  {
    name: 'ThreadFollower: following on v2 servers and nothing else',
    path: 'packages/client/dist/index.js',
    import: '{ ThreadFollower }',
    gzip: true,
    limit: '11.4 kB',
  },
  {
    name: 'SessionMonitor, without what it loads when it is needed',
    path: 'packages/client/dist/index.js',
    import: '{ SessionMonitor }',
    ignore: ['./report.js', './unknown-names.js'],
    modifyEsbuildConfig: inModules,
    gzip: true,
    limit: '20.2 kB',
  },
  {
    name: 'What sends a report',
    path: 'packages/client/dist/sending/report.js',
    gzip: true,
    limit: '1.2 kB',
  },
  {
    name: 'The dashboard: its program',
    path: 'packages/dashboard/dist/page/dashboard/*.js',
    gzip: true,
    limit: '145 kB',
  },
];
