/**
 * What a test file knows of secrets: every token it used, and everything that
 * came out of the product meanwhile. `itLeaksNoToken` compares the two.
 */
const tokens = new Map<string, string>();
const evidence: { where: string; text: string }[] = [];
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const isUuid = (text: string) => text.length === 36 && text.replace(UUID, '') === '';

/** From now on this text must not come out anywhere. Returns it. */
export function remember(token: string, kind: string): string {
  if (token.length >= 8) tokens.set(token.toLowerCase(), kind);
  return token;
}

/** Something that came out: a response, a log line, a file. */
export function witness(where: string, text: string): void {
  if (text !== '') evidence.push({ where, text: text.toLowerCase() });
}

/** Where which kind of token came out; empty when none did. */
export function leaks(): string[] {
  // There may be thousands of ephemeral tokens and megabytes of text: look every UUID up once.
  const others = [...tokens].filter(([token]) => !isUuid(token));
  return evidence.flatMap(({ where, text }) => [
    ...[...text.matchAll(UUID)]
      .map(([uuid]) => tokens.get(uuid))
      .filter((kind) => kind !== undefined)
      .map((kind) => `${kind} token in ${where}`),
    ...others
      .filter(([token]) => text.includes(token))
      .map(([, kind]) => `${kind} token in ${where}`),
  ]);
}

/** The last test of a file that uses tokens; call it after the suites whose backends it looks at. */
export function itLeaksNoToken(): void {
  describe('every token that this file used', () => {
    it('stands in no log, response, metric or file', () => {
      expect(tokens.size).toBeGreaterThan(0);
      expect(evidence.length).toBeGreaterThan(0);
      expect(leaks()).toEqual([]);
    });
  });
}
