/** A set of whole numbers from 0 on: one bit each. */
export class Bitmap {
  /** How many are in it. */
  count = 0;

  constructor(private words = new Uint32Array(64)) {
    for (let n = 0; n < words.length * 32; n += 1) if (this.has(n)) this.count += 1;
  }

  has(n: number): boolean {
    return (((this.words[n >>> 5] ?? 0) >>> (n & 31)) & 1) === 1;
  }

  /** @returns whether it was not in it before */
  add(n: number): boolean {
    if (this.has(n)) return false;
    const word = n >>> 5;
    if (word >= this.words.length) {
      const more = new Uint32Array(Math.max(word + 1, 2 * this.words.length));
      more.set(this.words);
      this.words = more;
    }
    this.words[word] = (this.words[word] as number) | (1 << (n & 31));
    this.count += 1;
    return true;
  }

  *numbers(): Generator<number, void, void> {
    for (let n = 0; n < this.words.length * 32; n += 1) if (this.has(n)) yield n;
  }

  /** To make it again from, in another process. */
  toWords(): Uint32Array<ArrayBuffer> {
    return this.words.slice();
  }
}
