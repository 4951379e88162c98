/**
 * JSON as the user wrote it. It is sent as it is: `JSON.parse` would round numbers that a
 * double cannot hold (RFC 8259, section 6).
 */
export class JsonText {
  constructor(readonly text: string) {}
}

/** The JSON of a request's body; a member may be a `JsonText`. */
export function bodyOf(body: object): string {
  const members = Object.entries(body).flatMap(([name, value]: [string, unknown]) => {
    const text = value instanceof JsonText ? value.text : JSON.stringify(value);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join(',')}}`;
}
