/** Small parts that all pages are made of. */

import type { ReactNode } from 'react';
import type { Status } from '../model/answers.js';
import { age, fullTime, NONE } from '../model/format.js';
import type { Problem } from '../model/problem.js';
import { hashOf, type Route } from '../model/route.js';

export function Link({
  to,
  children,
  ...more
}: {
  readonly to: Route;
  readonly children: ReactNode;
  readonly className?: string;
  readonly title?: string;
  readonly tabIndex?: number;
}) {
  return (
    <a href={hashOf(to)} {...more}>
      {children}
    </a>
  );
}

const STATUS_WORDS: Readonly<Record<Status, string>> = {
  active: 'active',
  idle: 'idle',
  disconnected: 'away',
};

/** Why pending events are not sent. */
export const WAITING_WORDS: Readonly<Record<string, string>> = {
  credit: 'The client owes acknowledgements',
  transport: 'Its connection does not drain: the client, or its network, is slow',
  pacing: 'Frames are spaced out under load',
};

/** A colour and a word: neither alone. */
export function StatusMark({ status }: { readonly status: Status }) {
  return (
    <span className="status" data-status={status}>
      <span className="dot" aria-hidden="true" />
      {STATUS_WORDS[status]}
    </span>
  );
}

const STATE_TONES: Readonly<Record<string, string>> = {
  failed: 'broken',
  interrupted: 'worried',
  cancelled: 'worried',
  fenced: 'worried',
  running: 'good',
};

/** How far a reply is. */
export function StateTag({ state }: { readonly state: string }) {
  return (
    <span className="tag" data-tone={STATE_TONES[state]}>
      {state}
    </span>
  );
}

/** How long ago something was, with its time for those that point at it. */
export function Ago(props: {
  readonly at: number;
  readonly now: number;
  /** `12 s ago` in place of `12 s`. */
  readonly isPhrase?: boolean;
}) {
  const { at, now, isPhrase = false } = props;
  const text = age(at, now);
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {isPhrase && text !== 'now' ? `${text} ago` : text}
    </time>
  );
}

export const orNone = (text: string | null | undefined): string => text || NONE;

/** Where there is nothing: why, and what to do. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <p className="loading" role="status">
      Loading {what} …
    </p>
  );
}

const PROBLEM_TITLES: Readonly<Record<Problem['kind'], string>> = {
  gate: 'A key is needed',
  gone: 'The server does not answer',
  missing: 'There is nothing here',
  forbidden: 'That is not allowed',
  refused: 'The server refuses this',
  failed: 'The server cannot answer now',
};

/** A question that had no answer. */
export function ProblemBox({
  problem,
  onRetry,
  children,
}: {
  readonly problem: Problem;
  readonly onRetry?: () => void;
  readonly children?: ReactNode;
}) {
  return (
    <div className="problem" role="alert">
      <p className="problem-title">{PROBLEM_TITLES[problem.kind]}</p>
      <p>{problem.message}</p>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Ask again
        </button>
      )}
      {children}
    </div>
  );
}

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The head of a page: its name, what it is about, and what can be done there. */
export function PageHead({
  title,
  about,
  children,
}: {
  readonly title: ReactNode;
  readonly about?: ReactNode;
  readonly children?: ReactNode;
}) {
  return (
    <header className="page-head">
      <div>
        <h1 tabIndex={-1} id="page-title">
          {title}
        </h1>
        {about !== undefined && <p className="about">{about}</p>}
      </div>
      {children !== undefined && <div className="page-actions">{children}</div>}
    </header>
  );
}

/** Servers whose part is missing. */
export function Unreachable({ nodes }: { readonly nodes: readonly string[] }) {
  if (nodes.length === 0) return null;
  return (
    <p className="note" data-tone="worried">
      No answer from {nodes.join(', ')}: what they have is missing, or as it was.
    </p>
  );
}
