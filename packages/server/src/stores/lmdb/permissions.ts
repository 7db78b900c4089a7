/** Which users may read and write the store: the one that the server runs as, and no other. Windows has no such bits. */

export const OWNER_ONLY = 0o600;
export const OWNER_ONLY_FOLDER = 0o700;
