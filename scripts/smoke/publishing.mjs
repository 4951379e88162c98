import { setTimeout as delay } from 'node:timers/promises';
import { auth } from './watcher.mjs';

const EVERY_MS = 200;

/**
 * Publishes numbered events, one after the other. What a server that is away did not
 * accept is sent again, with the same id: each one is taken once.
 */
export function publishing(url, token) {
  let number = 0;
  let isOver = false;
  const waiting = [];
  const run = (async () => {
    for (; !isOver; number += 1) {
      while (!(await accepted(url, token, number))) await delay(EVERY_MS);
      for (const resolve of waiting.splice(0)) resolve(`event ${number}.`);
      await delay(EVERY_MS);
    }
  })();
  return {
    /** The summary of the next event that is accepted. */
    next: () => new Promise((resolve) => waiting.push(resolve)),
    /** How many were accepted. */
    async end() {
      isOver = true;
      await run;
      return number;
    },
  };
}

async function accepted(url, token, number) {
  const answer = await fetch(`${url}/operator/api/events`, {
    method: 'POST',
    headers: { ...auth(token), 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({
      specversion: '1.0',
      id: `outage-${number}`,
      source: '/smoke',
      type: 'smoke.outage',
      module: 'smoke',
      data: { summary: `event ${number}.`, number },
    }),
  }).catch(() => undefined);
  await answer?.arrayBuffer().catch(() => undefined);
  return answer?.status === 202;
}
