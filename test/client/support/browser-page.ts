import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildClient } from './built-client.js';

const PARSER = require.resolve('eventsource-parser');

/** Serves a page that has the client, built for it, as `window.vx11`. */
export class PageServer {
  readonly #out = mkdtempSync(join(tmpdir(), 'vx11-client-'));
  readonly #server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname;
    const file = this.#file(path);
    if (path !== '/' && !existsSync(file)) return void response.writeHead(404).end();
    response
      .writeHead(200, { 'content-type': path === '/' ? 'text/html' : 'text/javascript' })
      .end(path === '/' ? PAGE : withoutBareImports(readFileSync(file, 'utf8')));
  });

  async start(): Promise<this> {
    buildClient(this.#out);
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    rmSync(this.#out, { recursive: true });
  }

  #file(path: string): string {
    if (path.startsWith('/client/')) return join(this.#out, path.slice('/client/'.length));
    return join(dirname(PARSER), path.slice('/parser/'.length));
  }
}

/** What a bundler would do: workers have no import maps. */
function withoutBareImports(code: string): string {
  return code.replace("'eventsource-parser'", "'/parser/index.js'");
}

const PAGE = `<!doctype html><title>events</title><script type="module">
import { createEventsClient } from '/client/index.js';
import { createSharedEventsClient } from '/client/shared/index.js';
window.vx11 = {
  ids: [],
  states: [],
  open({ shared, ...options }) {
    const client = (shared ? createSharedEventsClient : createEventsClient)(options);
    client.on('event', ({ id }) => this.ids.push(id));
    client.on('state', (state) => this.states.push(state));
    this.client = client;
  },
};
</script>`;
