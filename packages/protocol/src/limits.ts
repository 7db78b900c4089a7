/** Patterns and sizes that both ends agree on. Units stand in the names. */

/** A conversation's name. */
export const THREAD_ID_PATTERN = /^[\w.:-]{1,128}$/;
/** An application event's name. */
export const EVENT_NAME_PATTERN = /^[\w.:-]{1,64}$/;
/** Server-issued session ids and secrets, client-made instance ids: unpadded base64url. */
export const TOKEN_PATTERN = /^[\w-]{16,64}$/;
/** A sender's own name for one publish; the key of I8. */
export const MESSAGE_ID_PATTERN = /^[\x21-\x7e]{1,128}$/;

/**
 * Where a server's HTTP routes are, below its own origin: `/`, or segments such as `/chat/api`. A client sends its
 * token there, so no other origin can be named: no scheme, no `//`, no `..`, no slash at the end.
 */
export const HTTP_PATH_PATTERN = /^\/$|^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]{1,64}){1,8}$/;

// Those that a client needs stand alone: its bundle carries no others.

/** What a person may ask in one message, in UTF-16 units: some 20 pages. */
export const MAX_USER_INPUT_LENGTH = 64 * 1024;
/** One event's encoded size, `["name",data]`. Above a long reply, below Engine.IO's 1 MB. */
export const MAX_EVENT_BYTES = 512 * 1024;
/** The same for an event that a client sends: it leaves room for the message around it in a payload of 64 KiB. */
export const MAX_SENT_EVENT_BYTES = 60 * 1024;

export const LIMITS = {
  /** Longest user id that is carried and shown. */
  maxUserIdLength: 256,
  /** Longest authorisation token handed to `authorize`; JWTs with many claims reach 4 KiB. */
  maxTokenLength: 8_192,
  /** `client_info` as JSON, in UTF-16 units: display data, a few flags and a user agent. */
  maxClientInfoLength: 2_048,
  maxClientInfoDepth: 4,
  /** A timestamp's text, in UTF-16 units. ISO 8601 is 24 characters; other languages write more. */
  maxTimestampLength: 64,
  /** A cursor's text. Ours are about 30 characters. */
  maxCursorLength: 128,
  maxUserInputLength: MAX_USER_INPUT_LENGTH,
  maxEventBytes: MAX_EVENT_BYTES,
  maxSentEventBytes: MAX_SENT_EVENT_BYTES,
  /**
   * How deep the data of an event of a client may be nested. What people and forms make is far flatter, and a reader in a
   * language whose JSON parser recurses gets no event that it cannot parse.
   */
  maxEventDepth: 16,
  /** The same for an event of the server's own program: a program knows its readers. */
  maxProgramEventDepth: 64,
  /** Events of one connection that the server may have under way. */
  maxSendsPerConnection: 64,
  /** A frame stops here unless its first entry alone is larger. Small enough to share a slow link. */
  maxFrameBytes: 64 * 1024,
  /** Entries in a frame; keeps one frame's dispatch in a client short. */
  maxFrameEvents: 512,
  /** Threads that one connection may follow; a page shows a few. */
  maxSessionsPerConnection: 256,
  /** What one session may have in flight: about one bandwidth-delay product at 20 Mbit/s, 100 ms. */
  windowBytes: 256 * 1024,
  windowEvents: 4_096,
} as const;

/** How often a client pings: below the 20 to 30 s after which mobile networks and proxies drop a silent connection. */
export const DEFAULT_PING_INTERVAL_MS = 15_000;
/** How long a session without a connection can be resumed. A lunch break: users come back to a conversation. */
export const DEFAULT_SESSION_TTL_MS = 30 * 60_000;

/** Limits of the list of threads. Separate from `LIMITS`, so that a client does not carry them. */
export const THREAD_LIST_LIMITS = {
  /** A title, in UTF-16 units: one line in a list. */
  maxTitleLength: 256,
  /** `metadata` as JSON, in UTF-8 bytes: flags and ids of an app. Larger data belongs in the app's database. */
  maxMetadataBytes: 4 * 1024,
  maxMetadataDepth: 16,
  /** Threads in a page without `limit`. */
  defaultPage: 50,
  maxPage: 200,
} as const;

/** Limits of a client's report. Separate from `LIMITS`, so that a client does not carry them. */
export const REPORT_LIMITS = {
  /** The body, as JSON in UTF-8 bytes. The diagnostics of a busy page take some 20 KiB. */
  maxBytes: 256 * 1024,
  /** What the user says, in UTF-16 units: a paragraph or two. */
  maxNoteLength: 2_000,
} as const;

/** The dialect this package describes. */
export const PROTOCOL_VERSION = 2;
