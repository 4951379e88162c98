import { isPrefix } from '../../kernel/filter-spec.js';
import { bitsOf, folded, hasBits, usualForm, type BlockTest } from './text-blocks.js';

const ATTRIBUTES = ['source', 'subject', 'correlationid'] as const;

/** What a search looks for in the JSON of an event; all of it must be there. */
export interface TextSearchSpec {
  /** Text anywhere in the JSON, in a name or a value, in any case. */
  readonly q?: string | undefined;
  /** Any of these values; one that ends in `*` is a prefix. */
  readonly source?: readonly string[] | undefined;
  readonly subject?: readonly string[] | undefined;
  /** Any of these values, exactly. */
  readonly correlationid?: readonly string[] | undefined;
}

/**
 * Looks for text and attributes that the log has no index of. A publisher may have written a
 * character as an escape sequence, so such a text is also compared in its usual form.
 */
export class TextSearch implements BlockTest {
  private readonly text: string;
  private readonly attributes: { name: string; values: readonly Value[]; hints: string[] }[];
  /** Bits that a block with a match has: all of one entry of each list. */
  private readonly bits: readonly (readonly Uint16Array[])[];

  constructor(spec: TextSearchSpec) {
    this.text = folded(escaped(spec.q ?? ''));
    this.attributes = ATTRIBUTES.flatMap((name) => {
      const values = spec[name];
      if (!values || values.length === 0) return [];
      const wanted = values.map((value) => valueOf(name, value));
      return [{ name, values: wanted, hints: wanted.map(({ text }) => escaped(text)) }];
    });
    const hints = this.attributes.map((one) => one.hints.map(folded));
    this.bits = [[this.text], ...hints].map((texts) => texts.map(bitsOf));
  }

  mayContain(bits: Uint8Array): boolean {
    return this.bits.every((any) => any.some((wanted) => hasBits(bits, wanted)));
  }

  /** Whether every event matches. */
  get isEmpty(): boolean {
    return this.text === '' && this.attributes.length === 0;
  }

  /** @param json a CloudEvent */
  matches(json: string): boolean {
    const usual = usualForm(json);
    if (this.attributes.length > 0) {
      const hinted = this.attributes.every(({ hints }) =>
        hints.some((hint) => json.includes(hint)),
      );
      if (!hinted && usual === undefined) return false;
      const event = JSON.parse(json) as Record<string, unknown>;
      const isWanted = this.attributes.every(({ name, values }) =>
        values.some((value) => accepts(value, event[name])),
      );
      if (!isWanted) return false;
    }
    if (this.text === '' || folded(json).includes(this.text)) return true;
    return usual !== undefined && folded(usual).includes(this.text);
  }
}

interface Value {
  readonly text: string;
  readonly isPrefix: boolean;
}

function valueOf(name: (typeof ATTRIBUTES)[number], value: string): Value {
  const prefix = name !== 'correlationid' && isPrefix(name, value);
  return { text: prefix ? value.slice(0, -1) : value, isPrefix: prefix };
}

function accepts(value: Value, attribute: unknown): boolean {
  // As in a filter: an event without a subject has the subject "".
  const is = typeof attribute === 'string' ? attribute : '';
  return value.isPrefix ? is.startsWith(value.text) : is === value.text;
}

/** A text as `JSON.stringify` writes it inside a string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
