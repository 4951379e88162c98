import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * A client that vanishes after the first bytes of its answer, without closing its connection.
 * The spec needs python3.
 * @param request all its bytes
 * @returns its end
 */
export async function vanishingClient(url: string, request: string): Promise<() => Promise<void>> {
  const { hostname, port } = new URL(url);
  const script = join(import.meta.dirname, 'deaf_client.py');
  const child = spawn('python3', [script, hostname.replace(/^\[|\]$/g, ''), port, request], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    exited.then(([code]) => Promise.reject(new Error(`the client has ended with ${code}`))),
  ]);
  return async () => {
    child.stdin.end();
    await exited;
  };
}
