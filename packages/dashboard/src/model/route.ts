/** Which page is shown, as the part of the address behind `#`: it can be copied, bookmarked, and gone back to. */

/** What the list of sessions shows; empty fields do not matter. */
export interface SessionsQuery {
  readonly q: string;
  readonly state: string;
  readonly transport: string;
  readonly node: string;
  readonly protocol: string;
  /** The code of a finding, or `any`. */
  readonly finding: string;
  /** A field of a row; with a minus before it the greatest comes first. */
  readonly sort: string;
}

export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'sessions'; readonly query: SessionsQuery }
  | { readonly page: 'session'; readonly session_id: string }
  | { readonly page: 'threads'; readonly q: string }
  /** `from`: the offset at which the shown part of the log begins; null for its end. */
  | { readonly page: 'thread'; readonly thread_id: string; readonly from: number | null }
  | { readonly page: 'runs' }
  | { readonly page: 'file' }
  | { readonly page: 'unknown' };

export const NO_QUERY: SessionsQuery = {
  q: '',
  state: '',
  transport: '',
  node: '',
  protocol: '',
  finding: '',
  sort: '-connected_at',
};

const FIELDS = Object.keys(NO_QUERY) as readonly (keyof SessionsQuery)[];

/** @param hash with or without its `#` */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [name = '', id] = path.split('/').map(decoded);
  const params = new URLSearchParams(search);
  switch (name) {
    case '':
      return { page: 'overview' };
    case 'sessions':
      return id
        ? { page: 'session', session_id: id }
        : { page: 'sessions', query: queryIn(params) };
    case 'threads':
      return id
        ? { page: 'thread', thread_id: id, from: offsetIn(params) }
        : { page: 'threads', q: params.get('q') ?? '' };
    case 'runs':
      return { page: 'runs' };
    case 'file':
      return { page: 'file' };
    default:
      return { page: 'unknown' };
  }
}

export function hashOf(route: Route): string {
  switch (route.page) {
    case 'overview':
      return '#/';
    case 'sessions':
      return withSearch('#/sessions', changedFields(route.query));
    case 'session':
      return `#/sessions/${encodeURIComponent(route.session_id)}`;
    case 'threads':
      return withSearch('#/threads', route.q === '' ? {} : { q: route.q });
    case 'thread':
      return withSearch(
        `#/threads/${encodeURIComponent(route.thread_id)}`,
        route.from === null ? {} : { from: String(route.from) },
      );
    case 'runs':
      return '#/runs';
    case 'file':
      return '#/file';
    default:
      return '#/unknown';
  }
}

/** The query of `/debug/live` for a window of the list. */
export function liveQueryOf(query: SessionsQuery, from: number, limit: number): string {
  const given = FIELDS.flatMap((name) => (query[name] === '' ? [] : [[name, query[name]]]));
  return new URLSearchParams([...given, ['from', `${from}`], ['limit', `${limit}`]]).toString();
}

/** Whether a list with this query may leave sessions out. */
export const isFiltered = (query: SessionsQuery): boolean =>
  FIELDS.some((name) => name !== 'sort' && query[name] !== '');

const queryIn = (params: URLSearchParams): SessionsQuery =>
  Object.fromEntries(
    FIELDS.map((name) => [name, params.get(name) ?? NO_QUERY[name]]),
  ) as unknown as SessionsQuery;

const changedFields = (query: SessionsQuery): Readonly<Record<string, string>> =>
  Object.fromEntries(
    FIELDS.flatMap((name) => (query[name] === NO_QUERY[name] ? [] : [[name, query[name]]])),
  );

function offsetIn(params: URLSearchParams): number | null {
  const offset = Number(params.get('from'));
  return Number.isSafeInteger(offset) && offset > 0 ? offset : null;
}

function withSearch(path: string, fields: Readonly<Record<string, string>>): string {
  const search = new URLSearchParams(fields).toString();
  return search === '' ? path : `${path}?${search}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
