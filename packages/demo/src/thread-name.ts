/** Which conversation: its name stands in the address, so that a reload and a link find it again. */

const PARAMETER = 'thread';
/** As the protocol allows it. */
const PATTERN = /^[\w.:-]{1,128}$/;
/** Conversations of this page begin so; an `authorize` that goes by name can tell them from others. */
const PREFIX = 'demo-';

/** Undefined if the address names none, null if what it names cannot be one. */
export function threadIn(address: string): string | null | undefined {
  const name = new URL(address).searchParams.get(PARAMETER);
  if (name === null || name === '') return undefined;
  return PATTERN.test(name) ? name : null;
}

export function addressOf(address: string, thread_id: string): string {
  const url = new URL(address);
  url.search = new URLSearchParams({ [PARAMETER]: thread_id }).toString();
  url.hash = '';
  return url.href;
}

export const newThread = (): string => `${PREFIX}${randomName(12)}`;

/** `randomUUID` is not there on a page that was loaded over plain HTTP from another machine. */
export function randomName(length: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}
