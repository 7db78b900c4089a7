/** What a session's client has reported of itself: as text, whatever it has written. */

import { fullTime } from '../model/format.js';
import type { ClientReport } from '../model/trace.js';

/** The most of one field that is shown. */
const MAX_TEXT = 20_000;

export function ClientReportView({ report }: { readonly report: ClientReport }) {
  const { received_at, note, requested, diagnostics, node } = report;
  const { recent_log: log, ...rest } = diagnostics;
  return (
    <section aria-labelledby="report" className="card report">
      <h2 id="report">Report of the client</h2>
      <p className="about">
        {requested ? 'Sent when it was asked' : 'Sent by the app'}, received by {node} at{' '}
        {fullTime(received_at)}. The client wrote it: it is proof of nothing.
      </p>
      {note !== null && <blockquote className="report-note">{textOf(note)}</blockquote>}
      {Array.isArray(log) && (
        <details>
          <summary>Its log</summary>
          <pre>{textOf(log.map(String).join('\n'))}</pre>
        </details>
      )}
      <details>
        <summary>What it knows of itself</summary>
        <pre>{textOf(JSON.stringify(rest, null, 1))}</pre>
      </details>
    </section>
  );
}

const textOf = (text: string): string =>
  text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)} …` : text;
