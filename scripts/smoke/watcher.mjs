import { setTimeout as delay } from 'node:timers/promises';
import { Stop } from '../lib/bootstrap.mjs';

const PATIENCE_MS = 60_000;
const STREAM = '/operator/api/events/stream';

/** The principal's credential. */
export function auth(token) {
  return { 'X-VX11-Token': token };
}

/** A stream that is read all the time, and when which of its events came. */
export class Watcher {
  #abort = new AbortController();
  #events = [];
  #wake = () => {};

  static async open(url, token) {
    const watcher = new Watcher();
    const answer = await fetch(url + STREAM, {
      headers: auth(token),
      signal: watcher.#abort.signal,
    });
    if (!answer.ok) throw new Stop(`The stream answered ${answer.status}.`);
    watcher.ended = watcher.#read(answer.body.pipeThrough(new TextDecoderStream()));
    return watcher;
  }

  /** When the event about the service's change arrived; undefined when it has not come after `ms`. */
  async event(status, service, ms = PATIENCE_MS) {
    const tooLate = delay(ms, 'too late', { ref: false });
    for (;;) {
      const found = this.#events.find(
        ({ event }) => event.type === `vx11.service.${status}` && event.data.service === service,
      );
      if (found) return found.at;
      const woken = new Promise((resolve) => {
        this.#wake = resolve;
      });
      if ((await Promise.race([woken, tooLate])) === 'too late') return undefined;
    }
  }

  leave() {
    this.#abort.abort();
  }

  async #read(body) {
    let rest = '';
    try {
      for await (const text of body) {
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        for (const line of lines) this.#take(line);
        this.#wake();
      }
      return { at: performance.now(), how: 'orderly' };
    } catch (error) {
      return { at: performance.now(), how: error.cause?.code ?? error.name };
    }
  }

  #take(line) {
    if (!line.startsWith('data: {"specversion"')) return;
    this.#events.push({ at: performance.now(), event: JSON.parse(line.slice(6)) });
  }
}
