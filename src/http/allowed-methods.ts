import type { Request } from 'express';

/** The part of Express's router that lists the routes. */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/**
 * For a request that no route has answered: the methods that its path has routes for,
 * for `Allow` (RFC 9110, section 15.5.6). Empty: no route has this path.
 */
export function allowedMethods(req: Request): string[] {
  const { stack } = req.app.router as unknown as { stack: readonly Layer[] };
  const methods = stack
    .filter((layer) => layer.route !== undefined && layer.match(req.path))
    .flatMap(({ route }) => Object.keys(route?.methods ?? {}))
    .map((method) => method.toUpperCase());
  // Express answers HEAD wherever there is a GET.
  if (methods.includes('GET')) methods.push('HEAD');
  return [...new Set(methods)].toSorted();
}
