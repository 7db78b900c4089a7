/** Sizes of the random names that a store mints. */

/** 48 bits: an epoch is compared only within its thread, and stands in every frame. */
export const EPOCH_BYTES = 6;
/** 64 bits: a batch's tag must differ from any that a lost tail had (I2). */
export const TAG_BYTES = 8;
