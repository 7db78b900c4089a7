/** What is found about a session or a thread, with what shows it and what to do. */

import { useAnswer } from '../hooks/use-answer.js';
import { useNow } from '../hooks/use-now.js';
import type { Finding, Findings } from '../model/answers.js';
import { counted, duration, fullTime } from '../model/format.js';

const EVERY_MS = 5_000;

export function FindingsView({ path }: { readonly path: string }) {
  const { value, problem } = useAnswer<Findings>(path, EVERY_MS);
  return (
    <section aria-labelledby="findings" className="notices">
      <h2 id="findings">Findings</h2>
      {value ? (
        <FindingList {...value} />
      ) : problem ? (
        <p className="note">
          {problem.kind === 'missing'
            ? 'Nothing is known of it.'
            : `Findings are not available: ${problem.message}`}
        </p>
      ) : (
        <p className="note">Looking for findings …</p>
      )}
    </section>
  );
}

function FindingList({ findings, missing, unreachable }: Findings) {
  const unheard = [...new Set([...unreachable, ...missing.map(({ node }) => node)])];
  return (
    <>
      <p className="unseen" role="status">
        {counted(findings.length, 'finding')}
      </p>
      {unheard.length > 0 && (
        <p className="note" data-tone="worried">
          Without what {unheard.join(', ')} would say.
        </p>
      )}
      {findings.length === 0 ? (
        <p className="note" data-tone={unheard.length > 0 ? undefined : 'good'}>
          Nothing is found to be wrong.
        </p>
      ) : (
        <FoundList findings={findings} />
      )}
    </>
  );
}

function FoundList({ findings }: { readonly findings: readonly Finding[] }) {
  const now = useNow();
  return (
    <ul>
      {findings.map(({ code, at, ongoing, title, evidence, next }) => {
        const time = Date.parse(at);
        const span = duration(Math.max(0, now - time));
        return (
          <li key={code} className="notice" data-tone={ongoing ? 'broken' : 'plain'}>
            <p className="notice-title">
              <span className="tag" data-tone={ongoing ? 'broken' : undefined}>
                {ongoing ? 'now' : 'over'}
              </span>{' '}
              {title}
            </p>
            <p className="notice-when">
              <time dateTime={at}>
                {ongoing ? `For ${span}, since ` : `${span} ago, at `}
                {fullTime(time)}
              </time>
            </p>
            <ul className="evidence">
              {evidence.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
            <p className="notice-next">{next}</p>
          </li>
        );
      })}
    </ul>
  );
}
