import type { Request, Response } from 'express';
import { setImmediate as turn } from 'node:timers/promises';
import { requestTurns } from './request-turns.js';

/** Handlers that note what is served, and in which turn of the event loop. */
function room() {
  const handle = requestTurns(({ url }) => url.startsWith('/crowd'));
  const served: string[] = [];
  const ask = (url: string, socket = { destroyed: false }) =>
    handle({ url, socket } as unknown as Request, {} as Response, () => void served.push(url));
  return { served, ask };
}

const crowd = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `/crowd/${from + n}`);

describe('the turns of requests', () => {
  it('serve a few at once', () => {
    const { served, ask } = room();
    const few = crowd(16);
    for (const url of few) ask(url);
    expect(served).toEqual(few);
  });

  it('serve a crowd in order, at most 16 in each turn of the event loop', async () => {
    const { served, ask } = room();
    const all = crowd(1000);
    for (const url of all) ask(url);
    let before = 0;
    const steps: number[] = [];
    while (served.length < all.length) {
      steps.push(served.length - before);
      before = served.length;
      await turn();
    }
    expect(Math.max(...steps)).toBe(16);
    expect(served).toEqual(all);
  });

  it('keep the order of those that come while others wait', async () => {
    const { served, ask } = room();
    const all = crowd(200);
    for (const url of all.slice(0, 100)) ask(url);
    for (const url of all.slice(100)) {
      await turn();
      ask(url);
    }
    while (served.length < all.length) await turn();
    expect(served).toEqual(all);
  });

  it('go around the connections: pipelined requests make other clients wait for one each', async () => {
    const { served, ask } = room();
    const greedy = [{ destroyed: false }, { destroyed: false }];
    for (const url of crowd(1000)) for (const socket of greedy) ask(url, socket);
    ask('/crowd/modest');
    while (!served.includes('/crowd/modest')) await turn();
    expect(served.length).toBeLessThan(64);
    while (served.length < 2001) await turn();
    // Of one connection in order.
    expect(served.filter((url) => url !== '/crowd/modest')).toEqual(
      crowd(1000).flatMap((url) => [url, url]),
    );
  });

  it('do not concern other requests', () => {
    const { served, ask } = room();
    for (const url of crowd(100)) ask(url);
    ask('/livez');
    expect(served.at(-1)).toBe('/livez');
  });

  it('pass over clients that have left meanwhile', async () => {
    const { served, ask } = room();
    for (const url of crowd(16)) ask(url);
    const socket = { destroyed: false };
    ask('/crowd/gone', socket);
    ask('/crowd/last');
    socket.destroyed = true;
    while (!served.includes('/crowd/last')) await turn();
    expect(served).not.toContain('/crowd/gone');
  });

  it('serve at once again when the crowd is over', async () => {
    const { served, ask } = room();
    for (const url of crowd(40)) ask(url);
    while (served.length < 40) await turn();
    await turn();
    await turn();
    ask('/crowd/later');
    expect(served.at(-1)).toBe('/crowd/later');
  });
});
