/** The columns of the list of sessions. */

import { createColumnHelper, tableFeatures } from '@tanstack/react-table';
import type { SessionRow } from '../model/answers.js';
import { nameOfFinding } from '../model/finding-words.js';
import { duration, NONE, number } from '../model/format.js';
import { orNone, StatusMark, WAITING_WORDS } from './parts.js';
import { RowLink } from './row-link.js';

/** The server sorts and filters: the table needs nothing but its columns. */
export const FEATURES = tableFeatures({});

const helper = createColumnHelper<typeof FEATURES, SessionRow>();

/** The fields by which the server sorts, by column. */
export const SORTED_BY: Readonly<Record<string, string>> = {
  status: 'status',
  session: 'session_id',
  user: 'user_id',
  thread: 'thread_id',
  transport: 'transport',
  server: 'node',
  lag: 'lag',
  rtt: 'rtt_ms',
  connected: 'connected_at',
  activity: 'last_activity',
};

export const NAMES: Readonly<Record<string, string>> = {
  status: 'Status',
  session: 'Session',
  user: 'User',
  thread: 'Thread',
  address: 'Address',
  transport: 'Transport',
  server: 'Server',
  lag: 'Lag',
  rtt: 'Round trip',
  connected: 'Connected',
  activity: 'Active',
};

export const COLUMNS = helper.columns([
  helper.accessor('status', {
    id: 'status',
    cell: ({ row }) => {
      const { status, finding } = row.original;
      return finding ? (
        <span
          className="status"
          data-status="troubled"
          title={`${status}: ${nameOfFinding(finding)}`}
        >
          <span className="dot" aria-hidden="true" />
          <span className="status-words">{nameOfFinding(finding)}</span>
        </span>
      ) : (
        <StatusMark status={status} />
      );
    },
  }),
  helper.accessor('session_id', {
    id: 'session',
    cell: ({ getValue }) => (
      <RowLink to={{ page: 'session', session_id: getValue() }} className="code" title={getValue()}>
        {getValue()}
      </RowLink>
    ),
  }),
  helper.accessor('user_id', { id: 'user', cell: ({ getValue }) => orNone(getValue()) }),
  helper.accessor('thread_id', {
    id: 'thread',
    cell: ({ getValue }) => (
      <RowLink to={{ page: 'thread', thread_id: getValue(), from: null }}>{getValue()}</RowLink>
    ),
  }),
  helper.accessor('remote_address', { id: 'address', cell: ({ getValue }) => orNone(getValue()) }),
  helper.accessor('transport', { id: 'transport', cell: ({ getValue }) => getValue() }),
  helper.accessor('node', { id: 'server', cell: ({ getValue }) => getValue() }),
  helper.accessor('lag', {
    id: 'lag',
    cell: ({ row }) => {
      const { lag, waiting } = row.original;
      if (lag === null) return NONE;
      return waiting === null ? (
        number(lag)
      ) : (
        <span className="worried" title={WAITING_WORDS[waiting] ?? waiting}>
          {number(lag)}
        </span>
      );
    },
  }),
  helper.accessor('rtt_ms', {
    id: 'rtt',
    cell: ({ getValue }) => {
      const ms = getValue();
      return ms === null ? NONE : duration(ms);
    },
  }),
  helper.accessor('connected_at', { id: 'connected', cell: () => null }),
  helper.accessor('last_activity', { id: 'activity', cell: () => null }),
]);

/** Columns of ages, which go on without a message: what each of them shows of a row. */
export const AGES: Readonly<Record<string, (row: SessionRow) => number>> = {
  connected: ({ connected_at }) => connected_at,
  activity: ({ last_activity }) => last_activity,
};
