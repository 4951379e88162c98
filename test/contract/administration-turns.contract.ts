import type { AdministrationTurns } from '../../src/auth/principals/administration-turns.js';
import type { PrincipalRecord } from '../../src/auth/principals/principal-record.js';
import type { Replica } from '../../src/auth/replicas/replica.js';

/** What one instance has for its decisions. */
export interface Instance {
  readonly turns: AdministrationTurns;
  readonly records: Replica<PrincipalRecord>;
}

export interface AdministrationTurnsAdapter {
  create(): Promise<Instance>;
  destroy(): Promise<void>;
  /** Another instance of the same system. */
  another?(): Promise<Instance>;
  /** When the store can be kept from answering. */
  readonly outage?: { begin(): void; end(): Promise<void> };
}

const record = (id: string, at: number, disabled: boolean): PrincipalRecord => ({
  id,
  at,
  disabled,
});

const isAdmitted = ({ disabled }: PrincipalRecord) => !disabled;

/** Disables a principal, unless nobody would be left. */
export function disable({ turns, records }: Instance, id: string): Promise<PrincipalRecord> {
  return turns.run(async () => {
    if (records.entries().filter(isAdmitted).length < 2) throw new Error('the last one');
    return records.update(id, (_, at) => record(id, at, true));
  });
}

/** Every sentence of the port's comment, for one adapter. */
export function describeAdministrationTurns(
  name: string,
  adapter: AdministrationTurnsAdapter,
): void {
  const { outage } = adapter;

  describe(`AdministrationTurns: ${name}`, () => {
    let one: Instance;
    let other: Instance;
    beforeEach(async () => {
      one = await adapter.create();
      other = (await adapter.another?.()) ?? one;
    });
    afterEach(() => adapter.destroy());

    it('returns what was decided, or throws what the decision throws, and goes on', async () => {
      const refused = one.turns.run(() => Promise.reject(new Error('no')));
      await expect(refused).rejects.toThrow('no');
      expect(await one.turns.run(async () => 'one')).toBe('one');
      expect(await other.turns.run(async () => 'other')).toBe('other');
    });

    it('lets each decision see those before it, on any instance', async () => {
      const names = Array.from({ length: 10 }, (_, n) => `p${n}`);
      for (const id of names) await one.records.update(id, (_, at) => record(id, at, false));
      const made = await Promise.allSettled(
        names.map((id, n) => disable(n % 2 === 0 ? one : other, id)),
      );
      expect(made.filter(({ status }) => status === 'rejected')).toEqual([
        { status: 'rejected', reason: new Error('the last one') },
      ]);
      // What another instance decides last may still be on its way.
      await Promise.all([one, other].map(({ turns }) => turns.run(async () => undefined)));
      for (const { records } of [one, other]) {
        expect(records.entries().filter(isAdmitted)).toHaveLength(1);
      }
    });

    if (outage) {
      it('decides nothing without the store', async () => {
        outage.begin();
        const decide = jest.fn(async () => undefined);
        await expect(one.turns.run(decide)).rejects.toMatchObject({
          code: 'token_store_unavailable',
        });
        expect(decide).not.toHaveBeenCalled();
        await outage.end();
      });
    }
  });
}
