/**
 * How the simulation is run. A world is thrown away whole after some milliseconds: with room for a few of
 * them nearly nothing is alive when the young generation is collected.
 */
export const NODE_FLAGS = ['--max-semi-space-size=32'];
