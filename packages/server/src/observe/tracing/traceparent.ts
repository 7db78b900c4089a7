/** The header `traceparent` of W3C Trace Context, version 00: `00-TRACE-SPAN-FLAGS`. */

/** A span of whichever process, as the header names it. */
export interface RemoteSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** The lowest bit: whether it is sampled. */
  readonly flags: number;
}

const FORM = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

export function readTraceparent(text: string): RemoteSpan | undefined {
  const [, traceId, spanId, flags = ''] = FORM.exec(text) ?? [];
  return traceId !== undefined && spanId !== undefined
    ? { traceId, spanId, flags: Number.parseInt(flags, 16) }
    : undefined;
}

export const writeTraceparent = ({ traceId, spanId, flags }: RemoteSpan): string =>
  `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;

export const isTraceparent = (text: string): boolean => FORM.test(text);
