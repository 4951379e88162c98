import { Semaphore } from './semaphore.js';

/** Work that ends when it is told to. */
function piece(log: string[], name: string) {
  const end = Promise.withResolvers<string>();
  const work = () => {
    log.push(name);
    return end.promise;
  };
  return { work, end };
}

describe('turns', () => {
  it('lets no more run at once than there are, and the others in order', async () => {
    const turns = new Semaphore(2);
    const begun: string[] = [];
    const pieces = ['a', 'b', 'c', 'd'].map((name) => piece(begun, name));
    const results = pieces.map(({ work }) => turns.run(work));
    expect(begun).toEqual(['a', 'b']);
    pieces[1]!.end.resolve('B');
    expect(await results[1]).toBe('B');
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const { end } of pieces) end.resolve('done');
    expect(await Promise.all(results)).toEqual(['done', 'B', 'done', 'done']);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives the turn on when work fails', async () => {
    const turns = new Semaphore(1);
    const failing = turns.run(() => Promise.reject(new Error('no')));
    const next = turns.run(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(await turns.run(() => Promise.resolve('again'))).toBe('again');
  });
});
