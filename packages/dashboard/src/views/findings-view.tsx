/** What is found about a session or a thread, with what shows it and what to do. */

import { useAnswer } from '../hooks/use-answer.js';
import type { Finding, Findings } from '../model/answers.js';
import { fullTime } from '../model/format.js';

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
  return (
    <ul>
      {findings.map(({ code, at, ongoing, title, evidence, next }) => (
        <li key={code} className="notice" data-tone={ongoing ? 'broken' : 'worried'}>
          <p className="notice-title">{title}</p>
          <p>
            {ongoing ? 'Since' : 'At'} {fullTime(Date.parse(at))}
          </p>
          <ul className="evidence">
            {evidence.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
          <p className="notice-next">{next}</p>
        </li>
      ))}
    </ul>
  );
}
