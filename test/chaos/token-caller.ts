import { Agent, request } from 'node:http';

const EVENTS = '/operator/api/events';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Issues and opens at the instances themselves, over kept connections. */
export class TokenCaller {
  private readonly agent = new Agent({ keepAlive: true, timeout: 60_000 });

  constructor(private readonly token: string) {}

  /** @throws Error for any answer but 200 */
  async issue(url: string): Promise<string> {
    const headers = { 'x-vx11-token': this.token, 'content-length': '0' };
    const { status, body } = await this.send(url, 'POST', `${EVENTS}/sse-token`, headers);
    if (status !== 200) throw new Error(`issuing answered ${status}: ${body}`);
    return (JSON.parse(body) as { sse_token: string }).sse_token;
  }

  /** Opens a stream that ends behind its snapshot. */
  open(url: string, token: string, userAgent = 'chaos'): Promise<Answer> {
    const path = `${EVENTS}/stream?follow=false&token=${token}`;
    return this.send(url, 'GET', path, { 'user-agent': userAgent });
  }

  close(): void {
    this.agent.destroy();
  }

  private send(
    url: string,
    method: string,
    path: string,
    headers: Record<string, string>,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(url + path, { agent: this.agent, method, headers });
      sent.once('error', reject);
      sent.once('response', (response) => {
        let body = '';
        response.once('error', reject);
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      sent.end();
    });
  }
}

/** Does the work for 0, 1, … up to count, so many at once. */
export async function many(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
