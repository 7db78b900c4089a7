/** Before the tests: what they test is built, and packed as it would be published. */

import { pack } from '../../scripts/support/pack.mjs';
import { build } from '../../scripts/support/steps.mjs';

export function setup() {
  build();
  pack();
}
