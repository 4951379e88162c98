import type { Position } from '@vx11/events-client';

/**
 * A command that fetches this event again. It holds no secret: it reads the token from the
 * shell variable `$T`, as the banner of `npm start` does.
 * @param api URL of `…/operator/api`
 */
export function curlOf(position: Position, api: string): string {
  return `curl -s -H "X-VX11-Token: $T" '${api}/events?limit=1&before=${after(position)}'`;
}

/** The next possible position, so that `before` includes this one. */
export function after(position: Position): Position {
  const [ms = '0', seq = '0'] = position.split('-');
  return `${ms}-${Number(seq) + 1}`;
}
