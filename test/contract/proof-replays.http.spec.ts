import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BackendPosts } from '../../src/auth/backend-posts.http.js';
import { ReportedProofReplays } from '../../src/auth/identity/proof-replays.http.js';
import { MemoryProofReplays } from '../../src/auth/identity/proof-replays.memory.js';
import { ProofsController } from '../../src/auth/identity/proofs.controller.js';
import { HopKeys } from '../../src/http/hop-keys.js';
import { ProblemError } from '../../src/kernel/problem.js';
import { ManualClock } from '../support/manual-clock.js';
import { describeProofReplays } from './proof-replays.contract.js';

/** An operator-backend that has this one route. */
class Backend {
  isOut = false;

  private constructor(private readonly server: Server) {}

  static async start(controller: ProofsController): Promise<Backend> {
    const server = createServer();
    const backend = new Backend(server);
    const statusOf = async (target: string): Promise<number> => {
      const { pathname, searchParams } = new URL(target, 'http://backend');
      const hash = /^\/internal\/proofs\/([0-9a-f]{64})$/.exec(pathname)?.[1];
      if (backend.isOut || hash === undefined) return 503;
      return controller.take(hash, searchParams.get('ms')).then(
        () => 204,
        (error: unknown) => (error instanceof ProblemError ? error.status : 500),
      );
    };
    server.on('request', ({ url = '' }, res) => {
      void statusOf(url).then((status) => res.writeHead(status).end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

const clock = new ManualClock();
const hop = new HopKeys(['a key that gateway and backend share']);
let backend: Backend;
const gateway = async () => new ReportedProofReplays(new BackendPosts([backend.url], hop));

describeProofReplays('at operator-backend', {
  async create() {
    backend = await Backend.start(new ProofsController(new MemoryProofReplays(clock)));
    return gateway();
  },
  destroy: () => backend.stop(),
  another: gateway,
  pass: (ms) => clock.advance(ms),
  outage: {
    begin: () => void (backend.isOut = true),
    end: async () => void (backend.isOut = false),
  },
});
