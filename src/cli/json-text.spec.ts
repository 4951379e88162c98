import { bodyOf, JsonText } from './json-text.js';

describe('the body of a request', () => {
  it('is the JSON of its members', () => {
    const body = { id: 'a"b', scopes: ['x', 'y'], filter: null, deep: { n: 1 }, absent: undefined };
    expect(bodyOf(body)).toBe(JSON.stringify(body));
  });

  it('holds the JSON that the user wrote character by character', () => {
    const text = '{ "n":1524831183200260097,"m":1e400,"z":-0,"f":0.1000,"d":1,"d":2}';
    expect(bodyOf({ payload: new JsonText(text), after: true })).toBe(
      `{"payload":${text},"after":true}`,
    );
  });
});
