/** The name of the published app events. */
export const EVENT = 'message';

export const threadName = (index: number): string => `thread-${index}`;
