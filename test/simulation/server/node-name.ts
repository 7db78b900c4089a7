/** The processes of a world are numbered as they start. */

export const nodeName = (number: number): string => `node-${number}`;

/** The number of the process in the id of a socket or of a v1 session. */
export const nodeNumberOf = (session_id: string): number =>
  Number(/^node-(\d+)-/.exec(session_id)?.[1]);
