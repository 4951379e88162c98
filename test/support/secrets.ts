const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const isUuid = (text: string) => text.length === 36 && text.replace(UUID, '') === '';

/** Every token that was used, everything that came out meanwhile, and where the two meet. */
export class SecretHunt {
  private readonly tokens = new Map<string, string>();
  private readonly evidence: { where: string; text: string }[] = [];

  get ready(): boolean {
    return this.tokens.size > 0 && this.evidence.length > 0;
  }

  remember(token: string, kind: string): void {
    if (token.length >= 8) this.tokens.set(token.toLowerCase(), kind);
  }

  witness(where: string, text: string): void {
    if (text !== '') this.evidence.push({ where, text: text.toLowerCase() });
  }

  /** Where which kind of token came out; empty when none did. */
  leaks(): string[] {
    // There may be thousands of ephemeral tokens and megabytes of text: look every UUID up once.
    const others = [...this.tokens].filter(([token]) => !isUuid(token));
    return this.evidence.flatMap(({ where, text }) => [
      ...[...text.matchAll(UUID)]
        .map(([uuid]) => this.tokens.get(uuid))
        .filter((kind) => kind !== undefined)
        .map((kind) => `${kind} token in ${where}`),
      ...others
        .filter(([token]) => text.includes(token))
        .map(([, kind]) => `${kind} token in ${where}`),
    ]);
  }
}

/** A test file's own: Jest loads this module once for each file. */
const hunt = new SecretHunt();

/** From now on this text must not come out anywhere. Returns it. */
export function remember(token: string, kind: string): string {
  hunt.remember(token, kind);
  return token;
}

/** Something that came out: a response, a log line, a file. */
export function witness(where: string, text: string): void {
  hunt.witness(where, text);
}

/** The last test of a file that uses tokens; call it after the suites whose backends it looks at. */
export function itLeaksNoToken(): void {
  describe('every token that this file used', () => {
    it('stands in no log, response, metric or file', () => {
      expect(hunt.ready).toBe(true);
      expect(hunt.leaks()).toEqual([]);
    });
  });
}
