import { MOST_ACCESS, SessionStore, type Session } from '../../src/auth/identity/session-store.js';
import { sha256 } from '../../src/kernel/ids.js';

export interface SessionStoreAdapter {
  create(): Promise<SessionStore>;
  destroy(): Promise<void>;
  /** Another instance of the same system, or the same one after a restart. */
  another(): Promise<SessionStore>;
  /** When it can be kept from answering. */
  readonly outage?: { begin(): void; end(): Promise<void> };
}

const HOUR = 3_600_000;
const [first, second, third] = ['first', 'second', 'third'].map((text) => sha256(text)) as [
  string,
  string,
  string,
];

const access = (hash = sha256('rotated')) => ({ hash, expiresAt: Date.now() + HOUR });

function session(id: string, fields: Partial<Session> = {}): Session {
  return {
    id,
    principalId: 'ana',
    credentialHash: 'c'.repeat(64),
    startedAt: Date.now(),
    expiresAt: Date.now() + HOUR,
    refreshHash: first,
    ...fields,
  };
}

/** Every sentence of the port's comment, for one adapter. */
export function describeSessionStore(name: string, adapter: SessionStoreAdapter): void {
  describe(`SessionStore: ${name}`, () => {
    let store: SessionStore;
    beforeEach(async () => {
      store = await adapter.create();
    });
    afterEach(() => adapter.destroy());

    it('returns a session as it was created, on every instance', async () => {
      const plain = session('n_1');
      const issued = session('n_2', {
        principalId: 'oidc:ana',
        issued: { scopes: ['events:read'], filter: { module: ['shop'] } },
      });
      await store.create(plain);
      await store.create(issued);
      expect(await store.get('n_1')).toEqual(plain);
      expect(await (await adapter.another()).get('n_2')).toEqual(issued);
      expect(await store.get('n_3')).toBeUndefined();
    });

    it('ends the oldest access tokens of a session, beyond as many as it may have', async () => {
      await store.create(session('n_1'));
      await store.create(session('n_2'));
      const hashes = Array.from({ length: MOST_ACCESS + 3 }, (_, n) => sha256(`access ${n}`));
      await store.putAccess('n_2', { hash: sha256('other'), expiresAt: Date.now() + HOUR });
      for (const hash of hashes)
        await store.putAccess('n_1', { hash: hash, expiresAt: Date.now() + HOUR });
      const found = await Promise.all(hashes.map((hash) => store.byAccess(hash)));
      expect(found.map((one) => one !== undefined)).toEqual(hashes.map((_, n) => n >= 3));
      expect((await store.byAccess(sha256('other')))?.id).toBe('n_2');
    });

    it('rotates the refresh token that is valid now, and no other', async () => {
      await store.create(session('n_1'));
      expect(await store.rotate('n_1', first, second, access())).toBe('rotated');
      expect(await store.rotate('n_1', first, third, access())).toBe('reused');
      expect((await store.get('n_1'))?.refreshHash).toBe(second);
      expect((await store.byAccess(access().hash))?.id).toBe('n_1');
      expect(await store.rotate('n_2', first, second, access())).toBe('unknown');
    });

    it('lets exactly one of 20 concurrent rotations succeed', async () => {
      await store.create(session('n_1'));
      const other = await adapter.another();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          (n % 2 ? store : other).rotate('n_1', first, sha256(String(n)), access()),
        ),
      );
      expect(results.filter((result) => result === 'rotated')).toHaveLength(1);
      expect(results.filter((result) => result === 'reused')).toHaveLength(19);
    });

    it('finds the session of an access token until it expires, and of no other', async () => {
      await store.create(session('n_1'));
      await store.putAccess('n_1', { hash: first, expiresAt: Date.now() + HOUR });
      await store.putAccess('n_1', { hash: second, expiresAt: Date.now() - 1 });
      expect((await store.byAccess(first))?.id).toBe('n_1');
      expect(await store.byAccess(second)).toBeUndefined();
      expect(await store.byAccess(third)).toBeUndefined();
    });

    it('ends a session once, with its access tokens', async () => {
      await store.create(session('n_1'));
      await store.create(session('n_2'));
      await store.putAccess('n_1', { hash: first, expiresAt: Date.now() + HOUR });
      const other = await adapter.another();
      const ended = await Promise.all([store.end('n_1'), other.end('n_1')]);
      expect(ended.filter((one) => one?.id === 'n_1')).toHaveLength(1);
      expect(ended.filter((one) => one === undefined)).toHaveLength(1);
      expect(await store.get('n_1')).toBeUndefined();
      expect(await store.byAccess(first)).toBeUndefined();
      expect(await store.rotate('n_1', first, second, access())).toBe('unknown');
      expect((await store.get('n_2'))?.id).toBe('n_2');
    });

    it('gives no access to a session that has ended meanwhile', async () => {
      await store.create(session('n_1'));
      await store.end('n_1');
      await store.putAccess('n_1', { hash: first, expiresAt: Date.now() + HOUR });
      expect(await store.byAccess(first)).toBeUndefined();
    });

    it('knows no session from its end on', async () => {
      await store.create(session('n_1', { expiresAt: Date.now() - 1 }));
      expect(await store.get('n_1')).toBeUndefined();
      expect(await store.rotate('n_1', first, second, access())).toBe('unknown');
      expect(await store.end('n_1')).toBeUndefined();
      await store.sweep();
      expect(await store.idsOf('ana')).toEqual([]);
    });

    it('lists the live sessions of a principal, the oldest first', async () => {
      const now = Date.now();
      await store.create(session('n_2', { startedAt: now - 1 }));
      await store.create(session('n_1', { startedAt: now - 2 }));
      await store.create(session('n_3', { principalId: 'bob' }));
      expect(await store.idsOf('ana')).toEqual(['n_1', 'n_2']);
      await store.end('n_1');
      expect(await store.idsOf('ana')).toEqual(['n_2']);
      expect(await store.idsOf('nobody')).toEqual([]);
    });

    const { outage } = adapter;
    if (outage) {
      it('answers token_store_unavailable while it is away, never valid or unknown', async () => {
        await store.create(session('n_1'));
        await store.putAccess('n_1', { hash: first, expiresAt: Date.now() + HOUR });
        outage.begin();
        const unavailable = { code: 'token_store_unavailable' };
        await expect(store.get('n_1')).rejects.toMatchObject(unavailable);
        await expect(store.byAccess(first)).rejects.toMatchObject(unavailable);
        await expect(store.rotate('n_1', first, second, access())).rejects.toMatchObject(
          unavailable,
        );
        await outage.end();
        expect((await store.byAccess(first))?.id).toBe('n_1');
      });
    }
  });
}
