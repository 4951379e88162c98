import type { RequestHandler } from 'express';
import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { HOP_HEADER, type HopKeys } from '../hop-keys.js';
import { PROTOCOL, TRUNK_HEADER, TRUNK_PATH } from './frames.js';
import { ServedTrunk } from './served-trunk.js';

const SWITCHING = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PROTOCOL}\r\n\r\n`;

/**
 * Takes the trunks of gateways that share a key. Any other request to its path is an
 * ordinary one.
 */
export class TrunkServer {
  private readonly trunks = new Set<ServedTrunk>();

  constructor(private readonly keys: HopKeys) {}

  get options(): ServerOptions {
    return { shouldUpgradeCallback: (req) => this.isTrunk(req) };
  }

  /** Tells gateways in the answers to their probes. */
  readonly announce: RequestHandler = (req, res, next) => {
    if (req.url === '/readyz') res.setHeader(TRUNK_HEADER, '1');
    next();
  };

  attach(server: Server): void {
    server.on('upgrade', (_req: IncomingMessage, socket: Socket, head: Buffer) => {
      const trunk = new ServedTrunk(socket, server);
      this.trunks.add(trunk);
      socket.once('close', () => this.trunks.delete(trunk));
      socket.write(SWITCHING);
      if (head.length > 0) socket.unshift(head);
    });
  }

  /** Closes trunks without a connection, for a server that stops listening. */
  closeIdle(): void {
    // Ended, not destroyed: a gateway that sends meanwhile would lose what it has not read yet.
    for (const trunk of this.trunks) if (trunk.isIdle) trunk.socket.end();
  }

  closeAll(): void {
    for (const { socket } of this.trunks) socket.destroy();
  }

  private isTrunk({ method, url, headers }: IncomingMessage): boolean {
    const signature = headers[HOP_HEADER];
    return (
      method === 'GET' &&
      url === TRUNK_PATH &&
      headers.upgrade === PROTOCOL &&
      typeof signature === 'string' &&
      this.keys.verifyOwn(signature, url, Date.now())
    );
  }
}
