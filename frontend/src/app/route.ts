import { signal } from '@preact/signals';

export const PAGES = ['events', 'overview', 'streams', 'principals', 'audit', 'runbooks'] as const;
export type Page = (typeof PAGES)[number];

/**
 * The current page and its parameters, kept behind the `#` of the address: a permalink
 * works, and neither a search nor a filter reaches a server's or proxy's log.
 */
export interface Route {
  readonly page: Page;
  readonly params: URLSearchParams;
}

export const route = signal<Route>(parse(location.hash));

addEventListener('popstate', () => (route.value = parse(location.hash)));
addEventListener('hashchange', () => (route.value = parse(location.hash)));

/** `#/events?severity=error` */
export function hrefOf(page: Page, params?: URLSearchParams): string {
  const query = params?.toString();
  return `#/${page}${query ? `?${query}` : ''}`;
}

/** Opens the route; with `replace` the browser's Back skips the present one. */
export function navigate(next: Route, how: 'push' | 'replace'): void {
  const url = hrefOf(next.page, next.params);
  if (url === hrefOf(route.value.page, route.value.params)) return;
  if (how === 'push') history.pushState(null, '', url);
  else history.replaceState(null, '', url);
  route.value = next;
}

/** The same page with other parameters: `change` gets a copy to work on. */
export function updateParams(
  how: 'push' | 'replace',
  change: (params: URLSearchParams) => void,
): void {
  const params = new URLSearchParams(route.value.params);
  change(params);
  navigate({ page: route.value.page, params }, how);
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return {
    page: PAGES.find((page) => page === path) ?? 'events',
    params: new URLSearchParams(query),
  };
}
