const ATTRIBUTES = ['source', 'subject', 'correlationid'] as const;

/** What a search looks for in the JSON of an event; all of it must be there. */
export interface TextSearchSpec {
  /** Text anywhere in the JSON, in a name or a value, in any case. */
  readonly q?: string | undefined;
  /** Any of these values, exactly. */
  readonly source?: readonly string[] | undefined;
  readonly subject?: readonly string[] | undefined;
  readonly correlationid?: readonly string[] | undefined;
}

/**
 * Looks for text and attributes that the log has no index of. A publisher may have written a
 * character as an escape sequence, so a text with a backslash is also compared decoded.
 */
export class TextSearch {
  private readonly text: string;
  private readonly attributes: { name: string; values: ReadonlySet<string>; hints: string[] }[];

  constructor(spec: TextSearchSpec) {
    this.text = escaped(spec.q ?? '').toLowerCase();
    this.attributes = ATTRIBUTES.flatMap((name) => {
      const values = spec[name];
      if (!values || values.length === 0) return [];
      return [{ name, values: new Set(values), hints: values.map((value) => escaped(value)) }];
    });
  }

  /** Whether every event matches. */
  get isEmpty(): boolean {
    return this.text === '' && this.attributes.length === 0;
  }

  /** @param json a CloudEvent */
  matches(json: string): boolean {
    const hasEscapes = json.includes('\\');
    if (this.attributes.length > 0) {
      const hinted = this.attributes.every(({ hints }) =>
        hints.some((hint) => json.includes(hint)),
      );
      if (!hinted && !hasEscapes) return false;
      const event = JSON.parse(json) as Record<string, unknown>;
      const equal = this.attributes.every(({ name, values }) => values.has(event[name] as string));
      if (!equal) return false;
    }
    if (this.text === '' || json.toLowerCase().includes(this.text)) return true;
    return hasEscapes && JSON.stringify(JSON.parse(json)).toLowerCase().includes(this.text);
  }
}

/** A text as `JSON.stringify` writes it inside a string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
