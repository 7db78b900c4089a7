/**
 * A client's report as it is kept: two lines of JSON. The first is like a line of the trace, so that it is found and
 * erased as those are; the second is what the client has sent, whose contents nothing here reads. Pure.
 */

import type { ClientReport } from '@session-monitor/protocol';
import { isErased } from '../session-trace/raw-line.js';
import { harmlessJson } from '../trace.js';

/** The session that a report is of, and how it came. */
export interface ReportHead {
  /** When it came, in milliseconds since 1970. */
  readonly time: number;
  readonly node: string;
  readonly session_id: string;
  readonly thread_id: string;
}

/** A report as an operator sees it. */
export interface TracedReport {
  readonly node: string;
  /** By the clock of that node, in milliseconds since 1970. */
  readonly received_at: number;
  readonly note: string | null;
  /** Whether the server has asked for it. */
  readonly requested: boolean;
  /** As the client has sent it: text to show, never markup. */
  readonly diagnostics: ClientReport['diagnostics'];
}

/** The most that the first line takes, in bytes: its ids have bounds. */
export const MAX_HEAD_BYTES = 1_024;

export function writeReport(
  { time, node, session_id, thread_id }: ReportHead,
  report: ClientReport,
): string {
  // `isErased` looks at the fields as they stand: the time comes first.
  const head = JSON.stringify({ time, node, session_id, thread_id });
  return `${head}\n${harmlessJson(JSON.stringify(report))}\n`;
}

/** The first line. */
export const headOf = (text: string): string => text.slice(0, text.indexOf('\n') + 1).trimEnd();

/**
 * Reads it; undefined for what is none, and for a report of a thread from before its erasure.
 *
 * @param erasedAt when the thread was erased, in milliseconds since 1970
 */
export function readReport(text: string, erasedAt: number | undefined): TracedReport | undefined {
  const head = headOf(text);
  if (isErased(head, () => erasedAt)) return undefined;
  try {
    const { time, node } = JSON.parse(head) as ReportHead;
    const report = JSON.parse(text.slice(head.length)) as ClientReport;
    const { note = null, requested = false, diagnostics } = report;
    return { node, received_at: time, note, requested, diagnostics };
  } catch {
    return undefined;
  }
}
