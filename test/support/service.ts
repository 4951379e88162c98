import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { PROOFS_PATH } from '../../src/auth/identity/proof-replays.js';
import { REFUSALS_PATH } from '../../src/auth/refusals.js';
import { FEED_HEARTBEAT_MS, FEED_PATH } from '../../src/auth/replicas/feed.js';

/** A request as it reached the service. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A team's own service behind the gateway: keeps what it gets, answers as it is told. */
export interface Service {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/**
 * @param answer by default 200 and the request's body
 * @param port by default a free one
 */
export async function startService(
  answer: (req: Received, res: ServerResponse) => void = ({ body }, res) => res.end(body),
  port = 0,
): Promise<Service> {
  const received: Received[] = [];
  const server = createServer((req, res) => {
    const { method = '', url = '', headers } = req;
    if (url === `/${FEED_PATH}`) {
      // As an operator-backend on which nobody is revoked.
      res.write('[]\n');
      const beat = setInterval(() => res.write('\n'), FEED_HEARTBEAT_MS);
      res.once('close', () => clearInterval(beat));
      return;
    }
    if (url === `/${REFUSALS_PATH}` || url.startsWith(`/${PROOFS_PATH}/`)) {
      // As an operator-backend on which nothing is limited, and every proof is new.
      res.writeHead(204).end();
      return;
    }
    read(req).then(
      (body) => {
        const request = { method, url, headers, body };
        received.push(request);
        answer(request, res);
      },
      // It broke off half-way, so it was not received.
      () => res.destroy(),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function read(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
