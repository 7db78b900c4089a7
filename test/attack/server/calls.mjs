/** Calls of the slow `authorize`, for the process's report. */

export const calls = { now: 0, most: 0 };
