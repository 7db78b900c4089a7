/** The megabyte of the figures, in bytes. */
export const MB = 2 ** 20;
