/**
 * Node flags for the simulation. A world becomes garbage as a whole after some milliseconds. With room for a few
 * worlds nearly nothing is alive when the young generation is collected.
 */
export const NODE_FLAGS = ['--max-semi-space-size=32'];
