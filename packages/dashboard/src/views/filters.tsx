/** What the list of sessions shows: a search, and a choice for each kind. */

import { type ReactNode, type RefObject, useId } from 'react';
import type { NodeTotals } from '../model/answers.js';
import { nameOfFinding } from '../model/finding-words.js';
import type { SessionsQuery } from '../model/route.js';

export interface FiltersProps {
  readonly query: SessionsQuery;
  readonly nodes: readonly NodeTotals[];
  /** The codes of what is found now. */
  readonly findings: readonly string[];
  readonly search: RefObject<HTMLInputElement | null>;
  readonly onChange: (change: Partial<SessionsQuery>) => void;
}

const SORTS = [
  ['-connected_at', 'Newest connection'],
  ['-last_activity', 'Newest activity'],
  ['-lag', 'Greatest lag'],
  ['-rtt_ms', 'Longest round trip'],
  ['user_id', 'User'],
  ['thread_id', 'Thread'],
] as const;

export function Filters({ query, nodes, findings, search, onChange }: FiltersProps) {
  const field = useId();
  return (
    <search className="filters">
      <div className="search">
        <label className="unseen" htmlFor={field}>
          Search sessions
        </label>
        <input
          id={field}
          ref={search}
          type="search"
          value={query.q}
          placeholder="Session, thread, user or address"
          autoComplete="off"
          spellCheck={false}
          maxLength={256}
          onChange={({ target }) => onChange({ q: target.value })}
        />
        <kbd>/</kbd>
      </div>
      <div className="filter-choices">
        <Choice name="State" value={query.state} onChange={(state) => onChange({ state })}>
          <option value="active">active</option>
          <option value="idle">idle</option>
          <option value="disconnected">away</option>
        </Choice>
        <Choice
          name="Transport"
          value={query.transport}
          onChange={(transport) => onChange({ transport })}
        >
          <option value="websocket">websocket</option>
          <option value="polling">polling</option>
        </Choice>
        <Choice name="Server" value={query.node} onChange={(node) => onChange({ node })}>
          {withChosen(
            nodes.map(({ node }) => node),
            query.node,
          ).map((node) => (
            <option key={node} value={node}>
              {node}
            </option>
          ))}
        </Choice>
        <Choice name="Finding" value={query.finding} onChange={(finding) => onChange({ finding })}>
          <option value="any">any</option>
          {withChosen(findings, query.finding === 'any' ? '' : query.finding).map((code) => (
            <option key={code} value={code}>
              {nameOfFinding(code)}
            </option>
          ))}
        </Choice>
        <Choice
          name="Client"
          value={query.protocol}
          onChange={(protocol) => onChange({ protocol })}
        >
          <option value="2">protocol 2</option>
          <option value="1">protocol 1</option>
        </Choice>
        <div className="narrow">
          <Choice
            name="Order"
            value={query.sort}
            onChange={(sort) => onChange({ sort })}
            isRequired
          >
            {SORTS.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </Choice>
        </div>
      </div>
    </search>
  );
}

/** What is chosen stays in the list, also when it is gone. */
const withChosen = (names: readonly string[], chosen: string): readonly string[] =>
  chosen === '' || names.includes(chosen) ? names : [...names, chosen];

function Choice(props: {
  readonly name: string;
  readonly value: string;
  readonly isRequired?: boolean;
  readonly onChange: (value: string) => void;
  readonly children: ReactNode;
}) {
  const field = useId();
  return (
    <div className="choice">
      <label htmlFor={field}>{props.name}</label>
      <select
        id={field}
        value={props.value}
        onChange={({ target }) => props.onChange(target.value)}
      >
        {props.isRequired ? null : <option value="">all</option>}
        {props.children}
      </select>
    </div>
  );
}
