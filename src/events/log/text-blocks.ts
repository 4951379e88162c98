import type { Position } from '../position.js';

/** Events of one block; fewer when they are long. */
const BLOCK_EVENTS = 256;
const BLOCK_CHARS = 256 * 1024;
/** A longer event is not looked at: its block may hold anything. */
const MOST_CHARS = 16 * 1024;
/**
 * Bits of one block, a power of two. 256 events of 300 characters with two random ids each set
 * a third of them.
 */
const BITS = 1 << 16;
const BYTES = BITS / 8;
/** Characters that are looked at together. Of four hexadecimal digits there are 65,536. */
const GRAM = 4;
/** Called for each character of every event; a global is slow to look up in the tests' sandbox. */
const { imul } = Math;

/** An escape that `JSON.stringify` does not write, or only for a control character. */
const UNUSUAL_ESCAPE = /\\[u/]/;
/** Escapes that follow each other: two of them may be one character. */
const ESCAPES = /(?:\\(?:u[\da-fA-F]{4}|[^u]))+/g;

/**
 * The JSON with its escapes as `JSON.stringify` writes them, where a publisher may have written
 * them otherwise. All else stays: to parse it would round its numbers and keep one of two values
 * with the same name.
 */
export function usualForm(json: string): string | undefined {
  if (!UNUSUAL_ESCAPE.test(json)) return undefined;
  return json.replace(ESCAPES, (run) => JSON.stringify(JSON.parse(`"${run}"`)).slice(1, -1));
}

/** Decides by the bits of a block whether one of its events may hold what is searched for. */
export interface BlockTest {
  mayContain(bits: Uint8Array): boolean;
}

/** Rows that stand next to each other, and a Bloom filter of what their JSON contains. */
export interface Block {
  readonly firstRow: number;
  readonly lastRow: number;
  readonly bits: Uint8Array;
}

/** A block by the positions of its first and last event. */
export interface StoredBlock {
  readonly first: Position;
  readonly last: Position;
  readonly bits: Uint8Array;
}

/**
 * What the JSON of events contains, in blocks of consecutive rows, so that a search skips the
 * blocks that cannot hold a text. A Bloom filter over all runs of four characters: it never
 * says no by mistake, and rarely yes. A row without a block may hold anything.
 *
 * It takes 32 bytes an event, and some nanoseconds for each character that is added: for a
 * long event that would stall the event loop.
 */
export class TextBlocks {
  /** In the order of their rows. */
  private blocks: Block[] = [];
  private bits = new Uint8Array(BYTES);
  private firstRow = 0;
  private rows = 0;
  private chars = 0;
  /** The block that was found last: rows are asked in order. */
  private last: Block | undefined;
  private completed: Block[] = [];

  /** Adds the next row. */
  push(row: number, json: string): void {
    if (this.rows > 0 && row !== this.firstRow + this.rows) this.forgetOpen();
    if (this.rows === 0) this.firstRow = row;
    if (json.length > MOST_CHARS) {
      this.bits.fill(0xff);
    } else {
      addText(this.bits, json.toLowerCase());
      const usual = usualForm(json);
      if (usual !== undefined) addText(this.bits, usual.toLowerCase());
    }
    this.rows += 1;
    this.chars += json.length;
    if (this.rows >= BLOCK_EVENTS || this.chars >= BLOCK_CHARS) this.complete();
  }

  /** Adds blocks that were kept, older than every row that `push` has added. */
  restore(blocks: readonly Block[]): void {
    this.blocks = [...blocks, ...this.blocks];
  }

  /** Forgets the blocks of rows before this one. */
  dropBefore(row: number): void {
    const kept = this.blocks.findIndex(({ lastRow }) => lastRow >= row);
    if (kept !== 0) this.blocks.splice(0, kept === -1 ? this.blocks.length : kept);
  }

  /** The blocks that were completed since the last call. */
  takeCompleted(): readonly Block[] {
    return this.completed.splice(0);
  }

  /** Decides for rows; the same test is evaluated once for each block. */
  decide(test: BlockTest): (row: number) => boolean {
    const decided = new Map<Block, boolean>();
    return (row) => {
      const block = this.blockOf(row);
      if (!block) return true;
      let verdict = decided.get(block);
      if (verdict === undefined) {
        verdict = test.mayContain(block.bits);
        decided.set(block, verdict);
      }
      return verdict;
    };
  }

  private complete(): void {
    const { firstRow, rows, bits } = this;
    const block = { firstRow, lastRow: firstRow + rows - 1, bits };
    this.blocks.push(block);
    this.completed.push(block);
    // Without a store that takes them, the newest alone would pile up.
    if (this.completed.length > MOST_COMPLETED) this.completed.shift();
    this.bits = new Uint8Array(BYTES);
    this.rows = 0;
    this.chars = 0;
  }

  private forgetOpen(): void {
    this.bits.fill(0);
    this.rows = 0;
    this.chars = 0;
  }

  private blockOf(row: number): Block | undefined {
    if (this.last && this.last.firstRow <= row && row <= this.last.lastRow) return this.last;
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.blocks[middle] as Block).lastRow < row) low = middle + 1;
      else high = middle;
    }
    const block = this.blocks[low];
    if (!block || block.firstRow > row) return undefined;
    this.last = block;
    return block;
  }
}

const MOST_COMPLETED = 64;

function addText(bits: Uint8Array, text: string): void {
  let gram = 0;
  for (let index = 0; index < text.length; index += 1) {
    gram = next(gram, text.charCodeAt(index));
    if (index < GRAM - 1) continue;
    const bit = bitOf(gram);
    bits[bit >>> 3] = (bits[bit >>> 3] as number) | (1 << (bit & 7));
  }
}

/** The small sigma, which is another one at the end of a word: what stands there says which. */
const SIGMA = /[σς]/;

/** A text in lower case, in which both small sigmas are one. */
export function folded(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}

/**
 * The bits that are set in each block with this text, in lower case; none for a short one.
 * A block may have either sigma, so that nothing with one counts.
 */
export function bitsOf(text: string): Uint16Array {
  const bits = new Set<number>();
  for (const part of text.split(SIGMA)) {
    let gram = 0;
    for (let index = 0; index < part.length; index += 1) {
      gram = next(gram, part.charCodeAt(index));
      if (index >= GRAM - 1) bits.add(bitOf(gram));
    }
  }
  return Uint16Array.from(bits);
}

export function hasBits(bits: Uint8Array, wanted: Uint16Array): boolean {
  return wanted.every((bit) => ((bits[bit >>> 3] as number) & (1 << (bit & 7))) !== 0);
}

/** The last four characters, eight bits of each; characters beyond Latin-1 share them. */
function next(gram: number, code: number): number {
  return (gram << 8) | ((code ^ (code >>> 8)) & 0xff);
}

function bitOf(gram: number): number {
  // Fibonacci hashing: the high bits of the product depend on all bits of the gram.
  return imul(gram, 0x9e3779b1) >>> 16;
}
