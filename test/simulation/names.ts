/** The app event that is published. */
export const EVENT = 'message';

export const threadName = (index: number): string => `thread-${index}`;
