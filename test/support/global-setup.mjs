/** Builds the packages before the tests, and packs them as for publishing. */

import { pack } from '../../scripts/support/pack.mjs';
import { build } from '../../scripts/support/steps.mjs';

export function setup() {
  build();
  pack();
}
