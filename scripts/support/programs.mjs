/** The programs of `scripts/run.mjs`, by the npm script that starts them. */

/**
 * Machine code and the optimiser's data also live on the heap, and grow for hours as code paths get hot. They
 * would hide what a client leaves behind, so the code is interpreted.
 */
const INTERPRETED = ['--no-opt', '--no-maglev', '--no-sparkplug'];

/**
 * @typedef {object} Program
 * @property {string} [script] a program that needs no bundle
 * @property {string} [main] its first file; `test/NAME/main.ts` if left out
 * @property {Record<string, string>} [helpers] what is bundled beside it: the first files by the names of the bundles
 * @property {string[]} [nodeFlags]
 * @property {true} [asInstalled] the product stays outside the bundles, as it is built
 * @property {false} [needsBuild] false if it is bundled with the sources
 */

/** @type {Record<string, Program>} */
export const PROGRAMS = {
  attack: {
    helpers: {
      healthy: 'test/attack/healthy/program.ts',
      attacker: 'test/attack/attacker/program.ts',
    },
    asInstalled: true,
  },
  bench: {
    main: 'bench/main.ts',
    helpers: {
      server: 'bench/support/server.ts',
      load: 'bench/support/load.ts',
      clients: 'bench/support/clients.ts',
      stores: 'bench/support/stores.ts',
    },
    asInstalled: true,
  },
  chaos: { helpers: { clients: 'test/chaos/clients/program.ts' } },
  'crash-images': {
    helpers: {
      writer: 'test/crash-images/writer/program.ts',
      opener: 'test/crash-images/opener/program.ts',
    },
  },
  cluster: { script: 'examples/cluster/start.mjs' },
  herd: { helpers: { clients: 'test/herd/clients/program.ts' }, asInstalled: true },
  leaks: {
    helpers: { server: 'test/leaks/server.ts' },
    nodeFlags: ['--expose-gc', ...INTERPRETED],
  },
  lifecycle: {},
  pictures: { asInstalled: true },
  'redis-loss': {},
  rolling: { helpers: { followers: 'test/rolling/program.ts' } },
  simulate: {
    main: 'test/simulation/main.ts',
    // A world becomes garbage as a whole after some milliseconds. With room for a few worlds nearly nothing is alive
    // when the young generation is collected.
    nodeFlags: ['--max-semi-space-size=32'],
    needsBuild: false,
  },
};
