import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const SCRIPT = join(import.meta.dirname, 'deaf_peer.py');

/** The spec needs python3. */
function start(...args: string[]) {
  const child = spawn('python3', [SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = on(createInterface(child.stdout), 'line', { close: ['close'] });
  return {
    /** @throws Error when it has ended instead */
    async line(): Promise<string> {
      const { value, done } = await lines.next();
      if (done) throw new Error('the peer has ended');
      return String(value);
    },
    async close(): Promise<void> {
      child.stdin.end();
      await exited;
    },
  };
}

/**
 * A client that vanishes after the first bytes of its answer, without closing its connection.
 * @param request all its bytes
 */
export async function vanishingClient(
  url: string,
  request: string,
): Promise<{ close(): Promise<void> }> {
  const { hostname, port } = new URL(url);
  const peer = start('client', hostname.replace(/^\[|\]$/g, ''), port, request);
  await peer.line();
  return peer;
}

export interface VanishingServer {
  readonly url: string;
  /** Resolves once it is gone for the client of `word`. */
  readonly vanished: Promise<unknown>;
  close(): Promise<void>;
}

/** A server that sends `answer` to the first request with `word` in it, and then vanishes for that connection. */
export async function vanishingServer(word: string, answer: string): Promise<VanishingServer> {
  const peer = start('server', word, answer);
  const url = `http://127.0.0.1:${await peer.line()}`;
  return { url, vanished: peer.line(), close: () => peer.close() };
}
