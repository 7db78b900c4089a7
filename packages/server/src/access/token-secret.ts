/** A shared secret of tokens: HS256 wants a key as long as its hash (RFC 7518, section 3.2). */
export const MIN_SECRET_BYTES = 32;
