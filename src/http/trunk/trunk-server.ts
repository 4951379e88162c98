import type { RequestHandler } from 'express';
import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HOP_HEADER, type HopKeys } from '../hop-keys.js';
import { PROTOCOL, TRUNK_HEADER, TRUNK_PATH } from './frames.js';
import { TrunkConnection } from './trunk-connection.js';
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

  /** From now on the server takes trunks, and closes them with its other connections. */
  attach(server: Server): void {
    server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
      // A Node without `shouldUpgradeCallback` would pass any.
      if (!this.isTrunk(req)) {
        socket.destroy();
        return;
      }
      const trunk = new ServedTrunk(socket, server);
      this.trunks.add(trunk);
      socket.once('close', () => this.trunks.delete(trunk));
      socket.write(SWITCHING);
      if (head.length > 0) socket.unshift(head);
    });
    const closeIdle = server.closeIdleConnections.bind(server);
    server.closeIdleConnections = () => {
      // For Node, a connection is idle once its response has ended, though bytes of it may wait
      // until the gateway has read others, and closing it would drop them.
      if (![...this.trunks].some(({ isWriting }) => isWriting)) closeIdle();
      // Ended, not destroyed: a gateway that sends meanwhile would lose what it has not read yet.
      for (const { isIdle, socket } of this.trunks) if (isIdle) socket.end();
    };
    const closeAll = server.closeAllConnections.bind(server);
    server.closeAllConnections = () => {
      closeAll();
      for (const { socket } of this.trunks) socket.destroy();
    };
  }

  /** The server shuts down; requests are still served. */
  retire(): void {
    for (const trunk of this.trunks) trunk.retire();
  }

  private isTrunk({ method, url, headers, socket }: IncomingMessage): boolean {
    const signature = headers[HOP_HEADER];
    return (
      method === 'GET' &&
      url === TRUNK_PATH &&
      // A trunk carries no trunk.
      !((socket as Duplex) instanceof TrunkConnection) &&
      headers.upgrade === PROTOCOL &&
      typeof signature === 'string' &&
      this.keys.verifyOwn(signature, url, Date.now())
    );
  }
}
