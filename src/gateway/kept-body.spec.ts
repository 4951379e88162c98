import type { Request } from 'express';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { KeptBody } from './kept-body.js';

const MIB = 1024 * 1024;

function attempt(req: PassThrough): { sent: Promise<Buffer>; breaks(): void } {
  const destination = new PassThrough();
  const sent = buffer(destination);
  req.pipe(destination);
  return {
    sent,
    breaks() {
      sent.catch(() => undefined);
      destination.destroy(new Error('broken'));
      req.unpipe(destination);
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a kept body', () => {
  it('is sent again from its beginning, and goes on with what arrives later', async () => {
    const req = new PassThrough();
    const body = new KeptBody(req as unknown as Request);
    const first = attempt(req);
    req.write('one ');
    await turn();
    first.breaks();
    req.write('two ');
    const second = attempt(req);
    await turn();
    second.breaks();
    const third = attempt(req);
    req.end('three');
    expect((await third.sent).toString()).toBe('one two three');
    expect(body.isWhole).toBe(true);
    body.release();
  });

  it('is sent again when all of it had been read', async () => {
    const req = new PassThrough();
    const body = new KeptBody(req as unknown as Request);
    const first = attempt(req);
    req.end('whole');
    expect((await first.sent).toString()).toBe('whole');
    expect((await attempt(req).sent).toString()).toBe('whole');
    body.release();
    expect(body.isWhole).toBe(false);
  });

  it('is forwarded but not kept beyond the limit of one body', async () => {
    const req = new PassThrough();
    const body = new KeptBody(req as unknown as Request);
    const { sent } = attempt(req);
    req.end(Buffer.alloc(2 * MIB));
    expect((await sent).length).toBe(2 * MIB);
    expect(body.isWhole).toBe(false);
  });

  it('is not kept while other bodies fill the memory of the process', async () => {
    const bodies = await Promise.all(
      Array.from({ length: 65 }, async () => {
        const req = new PassThrough();
        const body = new KeptBody(req as unknown as Request);
        const { sent } = attempt(req);
        req.end(Buffer.alloc(MIB));
        await sent;
        return body;
      }),
    );
    expect(bodies.filter(({ isWhole }) => isWhole).length).toBe(64);
    for (const body of bodies) body.release();
    const req = new PassThrough();
    const body = new KeptBody(req as unknown as Request);
    const { sent } = attempt(req);
    req.end(Buffer.alloc(MIB));
    await sent;
    expect(body.isWhole).toBe(true);
    body.release();
  });
});
