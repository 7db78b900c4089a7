/** The users of the pictures, with a thread each. */

const NAMES = [
  ...['mara', 'jonas', 'aiko', 'lucia', 'omar', 'priya', 'tomasz', 'ingrid', 'kofi', 'elena'],
  ...['hugo', 'nadia', 'wei', 'samuel', 'freja', 'diego', 'amara', 'viktor', 'leila', 'bruno'],
];
const SUBJECTS = ['trip', 'invoice', 'recipe', 'essay', 'budget', 'garden', 'contract'] as const;

export interface Person {
  readonly user_id: string;
  readonly thread_id: string;
  /** Of the documentation's range. */
  readonly address: string;
}

/** The one with this number; there are any number of them. */
export function person(index: number): Person {
  const name = NAMES[index % NAMES.length];
  const round = Math.floor(index / NAMES.length);
  const user_id = round === 0 ? `${name}` : `${name}${round + 1}`;
  return {
    user_id,
    thread_id: `${user_id}:${SUBJECTS[index % SUBJECTS.length]}`,
    address: `203.0.113.${(index * 7 + 11) % 254}`,
  };
}
