/** The processes of a world are numbered as they start. */

export const nodeName = (number: number): string => `node-${number}`;

/** The number of the process that a socket or a session of v1 is named after. */
export const nodeNumberOf = (session_id: string): number =>
  Number(/^node-(\d+)-/.exec(session_id)?.[1]);
