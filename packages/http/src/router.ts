/** Which route a request is for. Pure. */

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RoutePattern {
  readonly method: Method;
  /** Segments; one that begins with a colon takes any text: `/threads/:thread_id`. */
  readonly path: string;
}

export type RouteMatch<T> =
  | { readonly kind: 'found'; readonly route: T; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'wrong_method'; readonly allowed: readonly string[] }
  | { readonly kind: 'not_found' }
  /** A segment is no percent-encoded text. */
  | { readonly kind: 'malformed' };

/** @param path below the base path, without the query: `/threads/t/events` */
export function matchRoute<T extends RoutePattern>(
  routes: readonly T[],
  method: string,
  path: string,
): RouteMatch<T> {
  const segments = path.split('/');
  const fitting = routes.filter((route) => fits(route.path.split('/'), segments));
  if (fitting.length === 0) return { kind: 'not_found' };
  // A HEAD is answered as a GET whose body stays away.
  const asked = method === 'HEAD' ? 'GET' : method;
  const route = fitting.find((each) => each.method === asked);
  if (!route) return { kind: 'wrong_method', allowed: methodsOf(fitting) };
  const params = paramsOf(route.path.split('/'), segments);
  return params ? { kind: 'found', route, params } : { kind: 'malformed' };
}

function methodsOf(routes: readonly RoutePattern[]): readonly string[] {
  const methods: string[] = routes.map(({ method }) => method);
  return (methods.includes('GET') ? [...methods, 'HEAD'] : methods).sort();
}

const fits = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, index) =>
    part.startsWith(':') ? segments[index] !== '' : part === segments[index],
  );

function paramsOf(
  pattern: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined {
  try {
    return Object.fromEntries(
      pattern.flatMap((part, index) =>
        part.startsWith(':') ? [[part.slice(1), decodeURIComponent(segments[index] ?? '')]] : [],
      ),
    );
  } catch {
    return undefined;
  }
}
