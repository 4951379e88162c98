import { KeyedSemaphore, Semaphore } from './semaphore.js';

/** Work that ends when the test resolves `end`. */
function piece(log: string[], name: string) {
  const end = Promise.withResolvers<string>();
  const work = () => {
    log.push(name);
    return end.promise;
  };
  return { work, end };
}

describe('a semaphore', () => {
  it('runs at most as many pieces of work at once as its size, and the others in order', async () => {
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

  it('runs the next piece of work when one fails', async () => {
    const turns = new Semaphore(1);
    const failing = turns.run(() => Promise.reject(new Error('no')));
    const next = turns.run(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(await turns.run(() => Promise.resolve('again'))).toBe('again');
  });
});

describe('a semaphore for each key', () => {
  it('limits the work of each key separately, and removes idle keys', async () => {
    const turns = new KeyedSemaphore(1);
    const begun: string[] = [];
    const [a1, a2, b] = ['a1', 'a2', 'b'].map((name) => piece(begun, name));
    const results = [turns.run('a', a1!.work), turns.run('a', a2!.work), turns.run('b', b!.work)];
    expect(begun).toEqual(['a1', 'b']);
    expect(turns.keys).toBe(2);
    b!.end.resolve('B');
    a1!.end.reject(new Error('no'));
    await expect(results[0]).rejects.toThrow('no');
    expect(await results[2]).toBe('B');
    expect(begun).toEqual(['a1', 'b', 'a2']);
    a2!.end.resolve('A2');
    expect(await results[1]).toBe('A2');
    expect(turns.keys).toBe(0);
  });
});
