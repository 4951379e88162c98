import {
  AuditStoreUnavailable,
  ChainTaken,
  type AuditRecord,
  type AuditStore,
} from '../../src/audit/audit-store.js';
import { AuditUpkeep } from '../../src/audit/audit-upkeep.js';
import { CHECKPOINT_MS, link } from '../../src/audit/chain.js';
import type { ChainedAuditTrail } from '../../src/audit/chained-audit-trail.js';
import { createLogger } from '../../src/kernel/logger.js';
import { AUDIT_KEY, AuditCounts, exported, trailOn, verify } from '../support/audit-trails.js';
import { ManualClock } from '../support/manual-clock.js';

const DAY = 24 * 3_600_000;
const logger = createLogger({ service: 'test', level: 'silent', pretty: false });
const actions = (entries: readonly object[]) =>
  entries.map((entry) => (entry as { action: string }).action);

export interface AuditStoreAdapter {
  create(): Promise<AuditStore>;
  /** A second process on the same state; the first one was killed, and is not closed. */
  again(): Promise<AuditStore>;
  destroy(): Promise<void>;
}

/** One suite for every adapter of AuditStore, driven by the trail that uses it. */
export function describeAuditStore(name: string, adapter: AuditStoreAdapter): void {
  describe(`the audit trail on ${name}`, () => {
    let clock: ManualClock;
    let store: AuditStore;
    let trail: ChainedAuditTrail;
    let counts: AuditCounts;

    beforeEach(async () => {
      clock = new ManualClock(Date.now());
      counts = new AuditCounts();
      store = await adapter.create();
      trail = trailOn(store, clock, counts);
      await trail.open();
    });
    afterEach(() => adapter.destroy());

    const change = (subject: string, actor = 'admin') =>
      trail.record({ action: 'principal.changed', actor, subject, correlationId: `c-${subject}` });

    it('keeps every entry that record has resolved for, in one verified chain', async () => {
      await Promise.all(Array.from({ length: 2_500 }, (_, index) => change(`p${index}`)));
      const entries = await exported(store);
      const report = verify(entries, { keys: [AUDIT_KEY.publicKey] });
      expect(report.faults).toEqual([]);
      expect(report.chains).toHaveLength(1);
      expect(report.chains[0]?.signedThrough).toBeGreaterThan(2_000);
      const subjects = entries.map((entry) => (entry as { subject?: string }).subject);
      expect(new Set(subjects)).toContain('p0');
      expect(subjects.filter((subject) => /^p\d+$/.test(subject ?? ''))).toHaveLength(2_500);
    });

    it('sums up a burst, and forgets no action of it when the process is killed', async () => {
      const issue = () =>
        trail.record({ action: 'token.issued', actor: 'ana', address: '192.0.2.1' });
      await Promise.all(Array.from({ length: 500 }, issue));
      expect(counts.totals.summed).toBe(490);
      // Killed here: the sum is in no chain yet.
      const next = await adapter.again();
      const second = trailOn(next, clock);
      await second.open();
      const { records } = await second.list({ actions: ['token.issued'] }, undefined, 100);
      const total = records.reduce((sum, { entry }) => sum + (entry.count ?? 1), 0);
      expect(total).toBe(500);
      expect(records.length).toBe(11);
      expect(verify(await exported(next)).faults).toEqual([]);
      await second.close();
    });

    it('writes a sum at the end of its window', async () => {
      for (let n = 0; n < 30; n += 1) {
        await trail.record({ action: 'events.published', actor: 'ana', amount: 2 });
      }
      expect(
        actions(await exported(store)).filter((one) => one === 'events.published'),
      ).toHaveLength(10);
      clock.advance(60_001);
      trail.tick();
      expect(
        actions(await exported(store)).filter((one) => one === 'events.published'),
      ).toHaveLength(10);
      clock.advance(3_540_000);
      trail.tick();
      const { records } = await trail.list({ actions: ['events.published'] }, undefined, 1);
      expect(records[0]?.entry).toMatchObject({ count: 20, amount: 40 });
    });

    it('a flood of refused requests without a credential writes a bounded number of entries', async () => {
      for (let n = 0; n < 1_000; n += 1) {
        void trail.record({
          action: 'token.refused',
          reason: 'unknown',
          address: `198.51.100.${n % 250}`,
        });
      }
      const { records } = await trail.list({ actions: ['token.refused'] }, undefined, 500);
      expect(records.length).toBeLessThanOrEqual(22);
      expect(records.reduce((sum, { entry }) => sum + (entry.count ?? 1), 0)).toBe(1_000);
    });

    it('filters, and pages without a hole or a repeat', async () => {
      for (let n = 0; n < 25; n += 1) await change(`p${n}`, n % 2 === 0 ? 'even' : 'odd');
      const seen: string[] = [];
      for (let before: string | undefined; ;) {
        const page = await trail.list({ actor: 'even' }, before, 4);
        seen.push(...page.records.map(({ entry }) => String(entry.subject)));
        if (page.next === undefined) break;
        before = page.next;
      }
      expect(seen).toEqual(Array.from({ length: 13 }, (_, n) => `p${24 - 2 * n}`));
      const of = async (query: Parameters<typeof trail.list>[0]) =>
        (await trail.list(query, undefined, 100)).records.length;
      expect(await of({ subject: 'p3' })).toBe(1);
      expect(await of({ correlationId: 'c-p3' })).toBe(1);
      expect(await of({ principals: new Set(['p3', 'p4']) })).toBe(2);
      expect(await of({ result: 'refused' })).toBe(0);
      expect(await of({ actions: ['principal.changed'], until: clock.now() - 1 })).toBe(0);
      expect(await of({ actions: ['principal.changed'], since: clock.now() })).toBe(25);
    });

    it('finds by time what a recount finds, however late the entries were written', async () => {
      let seed = 7;
      const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
      clock.step(-3 * DAY);
      const start = clock.now();
      for (let n = 0; n < 80; n += 1) {
        const action = random(2) === 0 ? 'events.published' : 'principal.changed';
        for (let more = random(15); more >= 0; more -= 1) {
          await trail.record({ action, actor: `p${random(2)}`, address: `192.0.2.${random(3)}` });
        }
        clock.advance(random(600_000));
        if (random(10) === 0) clock.step(-random(600_000));
        trail.tick();
      }
      const all = ((await exported(trail)) as { position: string; time: string }[]).toReversed();
      const someTime = () => (random(4) === 0 ? undefined : start + random(clock.now() - start));
      for (let n = 0; n < 60; n += 1) {
        const query = { since: someTime(), until: someTime() };
        const { since = 0, until = Infinity } = query;
        const found: string[] = [];
        for (let before: string | undefined; ;) {
          const page = await store.list(query, before, 1 + random(40));
          found.push(...page.records.map(({ position }) => position));
          if (page.next === undefined) break;
          before = page.next;
        }
        const isWanted = (time: number) => time >= since && time < until;
        const wanted = all.filter(({ time }) => isWanted(Date.parse(time)));
        expect(found).toEqual(wanted.map(({ position }) => position));
      }
    });

    it('removes entries above the limits of age and number, and records that in the chain', async () => {
      for (let n = 0; n < 40; n += 1) await change(`p${n}`);
      const retention = { days: 365, entries: 20 };
      const upkeep = new AuditUpkeep(store, trail, retention, counts, clock, logger);
      await upkeep.run();
      const entries = await exported(store);
      expect(entries.length).toBeLessThanOrEqual(22);
      expect(actions(entries)).toContain('audit.trimmed');
      expect(verify(entries).faults).toEqual([]);
      // Without the entry that says so, the beginning is missing.
      const hidden = entries.filter((entry) => actions([entry])[0] !== 'audit.trimmed');
      expect(verify(hidden).faults.map(({ kind }) => kind)).toContain('missing');
      clock.advance(366 * DAY);
      expect((await store.excess(clock.now() - 365 * DAY, 1_000)).count).toBeGreaterThan(0);
    });

    it('a full trail gives its room to entries, not to notes about removals', async () => {
      for (let n = 0; n < 40; n += 1) await change(`p${n}`);
      const retention = { days: 365, entries: 20 };
      const upkeep = new AuditUpkeep(store, trail, retention, counts, clock, logger);
      for (let minute = 0; minute < 9; minute += 1) {
        await upkeep.run();
        clock.advance(60_000);
      }
      const kept = actions(await exported(store));
      expect(kept.filter((action) => action === 'audit.trimmed')).toHaveLength(1);
      clock.advance(60_000);
      await upkeep.run();
      expect(await store.size()).toBeLessThanOrEqual(22);
    });

    it('is signed from its first entry on, and at the start after a kill', async () => {
      const key = { keys: [AUDIT_KEY.publicKey] };
      expect(verify(await exported(store), key).faults).toEqual([]);
      for (let n = 0; n < 40; n += 1) await change(`p${n}`);
      expect(verify(await exported(store), key).faults).toEqual([]);
      clock.advance(3_600_000);
      const next = await adapter.again();
      const second = trailOn(next, clock);
      await second.open();
      const report = verify(await exported(next), key);
      expect(report.faults).toEqual([]);
      // What the killed process had not signed is signed by the one after it.
      expect(report.chains[0]?.signedThrough).toBeGreaterThanOrEqual(42);
      await second.close();
    });

    it.each([
      ['after a quiet hour', (time: ManualClock) => time.advance(3_600_000)],
      ['when the wall clock is set forward', (time: ManualClock) => time.step(3_600_000)],
    ])('has no entry too late after its last signature %s', async (_, pass) => {
      await change('before');
      pass(clock);
      for (const subject of ['first', 'second', 'third']) {
        await change(subject);
        const { faults } = verify(await exported(store), { keys: [AUDIT_KEY.publicKey] });
        expect(faults).toEqual([]);
      }
    });

    it('verifies with its key when the entries that were signed first are removed', async () => {
      for (let n = 0; n < 40; n += 1) await change(`p${n}`);
      const retention = { days: 365, entries: 20 };
      await new AuditUpkeep(store, trail, retention, counts, clock, logger).run();
      const entries = await exported(store);
      expect(verify(entries, { keys: [AUDIT_KEY.publicKey] }).faults).toEqual([]);
      // A removal that no key has signed counts for nothing.
      const { seq } = entries.find((one) => actions([one])[0] === 'audit.trimmed') as {
        seq: number;
      };
      const unsigned = entries.filter((one) => (one as { seq: number }).seq <= seq);
      expect(
        verify(unsigned, { keys: [AUDIT_KEY.publicKey] }).faults.map(({ kind }) => kind),
      ).toContain('missing');
    });

    it('drops no entry that follows a trim whose answer was lost, and trims later', async () => {
      for (let n = 0; n < 40; n += 1) await change(`p${n}`);
      const append = store.append.bind(store);
      jest.spyOn(store, 'append').mockImplementationOnce(async (batch) => {
        await append(batch);
        throw new AuditStoreUnavailable('the answer was lost');
      });
      const retention = { days: 365, entries: 20 };
      const upkeep = new AuditUpkeep(store, trail, retention, counts, clock, logger);
      await upkeep.run();
      await change('after');
      await change('later');
      const entries = await exported(store);
      expect(entries.map((entry) => (entry as { subject?: string }).subject)).toEqual(
        expect.arrayContaining(['after', 'later']),
      );
      expect(verify(entries).faults).toEqual([]);
      await upkeep.run();
      expect(await store.size()).toBeLessThanOrEqual(22);
      expect(verify(await exported(store)).faults).toEqual([]);
    });

    it('takes an entry for stored only when the one in its place is the same', async () => {
      const { entry, hash } = (await store.newest()) as AuditRecord;
      const head = { chain: entry.chain, seq: entry.seq, hash };
      const draft = { action: 'principal.changed', result: 'done', time: entry.time } as const;
      const stored = link(head, { ...draft, subject: 'stored' });
      const other = link(head, { ...draft, subject: 'other' });
      const next = link({ ...head, seq: head.seq + 1, hash: other.hash }, draft);
      const append = (...entries: (typeof stored)[]) =>
        store.append({ entries, sums: [], finished: [] });
      await append(stored);
      await append(stored);
      await expect(append(other)).rejects.toThrow(ChainTaken);
      await expect(append(other, next)).rejects.toThrow(ChainTaken);
      // The trail knows nothing of that entry: its own next one gets another place, and so does
      // the checkpoint after it.
      clock.advance(CHECKPOINT_MS);
      await change('kept');
      const entries = await exported(store);
      const subjects = entries.map((one) => (one as { subject?: string }).subject);
      expect(subjects).toEqual(expect.arrayContaining(['stored', 'kept']));
      expect(subjects).not.toContain('other');
      expect(verify(entries).faults).toEqual([]);
    });

    it('finds nothing before 1970', async () => {
      await change('p0');
      const page = await trail.list({ until: -10 * 365 * DAY }, undefined, 10);
      expect(page).toEqual({ records: [], next: undefined });
    });

    it('continues after it was closed, and a reader finds no entry missing', async () => {
      await change('before');
      await trail.close();
      const next = await adapter.again();
      const second = trailOn(next, clock);
      await second.open();
      await second.record({ action: 'principal.changed', actor: 'admin', subject: 'after' });
      const entries = await exported(next);
      expect(verify(entries).faults).toEqual([]);
      expect(actions(entries)).toContain('audit.checkpoint');
      await second.close();
    });
  });
}
