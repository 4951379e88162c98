import type { Request } from 'express';
import { randomUUID } from 'node:crypto';
import { registerCredentialLookup } from '../kernel/redaction.js';
import { loggedId } from './logged-id.js';

const requestWith = (correlationId: string, isIdChecked?: boolean) =>
  ({ correlationId, isIdChecked }) as Request;

describe('the correlation id in log lines and spans', () => {
  const id = randomUUID();

  it('loses the end of a UUID in a process that does not know the live tokens', () => {
    const text = loggedId(requestWith(`order-${id}`));
    expect(text).toBe(`order-${id.slice(0, 2)}***`);
    expect(loggedId(requestWith(id))).toBe(`${id.slice(0, 8)}***`);
  });

  it('is whole when operator-backend has answered with it', () => {
    expect(loggedId(requestWith(id, true))).toBe(id);
  });

  it('is whole in a process that knows the live tokens', () => {
    const forget = registerCredentialLookup(() => false);
    expect(loggedId(requestWith(id))).toBe(id);
    forget();
  });

  it.each(['c_rGKxgxf97P2ItyzQ', 'order-17', '4bf92f3577b34da6a3ce929d0e0e4736'])(
    'is whole when it holds no UUID: %s',
    (other) => expect(loggedId(requestWith(other))).toBe(other),
  );
});
