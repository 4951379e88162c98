import { rmSync } from 'node:fs';
import { comparePositions } from '../../src/events/position.js';
import { newDataDir, newPrincipalToken } from '../support/backend.js';
import { event } from '../support/caller.js';
import { build, spawnBackend, type BackendProcess } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { Frame } from '../support/stream-reader.js';

const EVENTS = 20_000;
const PUBLISHERS = 8;
const BATCH = 25;
/** Accepted by then: the kill comes in the middle. */
const KILL_AFTER = EVENTS / 2;

describe(`kill -9 in the middle of ${EVENTS} publishes`, () => {
  const dataDir = newDataDir();
  const env = { VX11_DATA_DIR: dataDir, VX11_OPERATOR_TOKEN: newPrincipalToken() };
  /** Those that got their 202. */
  const accepted = new Set<string>();
  let backend: BackendProcess;
  let before: Frame[];
  let after: Frame[];
  let kept: Frame[];
  let next: Frame;
  let killed: Awaited<BackendProcess['exited']>;

  /** Until the connection breaks; resolves to how that showed. */
  async function publish(): Promise<string> {
    for (let sent = 0; sent < EVENTS / PUBLISHERS; sent += BATCH) {
      try {
        const { json } = await backend.caller.publish(
          ...Array.from({ length: BATCH }, () => event({ module: 'kill' })),
        );
        for (const id of json.ids) accepted.add(id);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? String(error);
      }
      if (accepted.size >= KILL_AFTER) void backend.end('SIGKILL');
    }
    return 'complete';
  }

  beforeAll(async () => {
    await build();
    backend = await spawnBackend(env);
    const watcher = await backend.caller.stream({ query: '&module=kill' });
    await watcher.named('snapshot');
    await Promise.all(Array.from({ length: PUBLISHERS }, publish));
    killed = await backend.exited;
    await watcher.ended;
    before = watcher.events;

    backend = await spawnBackend(env);
    const returning = await backend.caller.stream({
      query: '&module=kill',
      headers: { 'last-event-id': before.at(-1)?.id ?? '' },
    });
    await returning.named('recovered');
    after = [...returning.events];
    const all = await backend.caller.stream({ query: '&module=kill&lastEventId=0-0&follow=false' });
    await all.ended;
    kept = all.events;
    await backend.caller.publish(event({ module: 'kill', type: 'next' }));
    next = await returning.ofType('next');
    await returning.close();
  }, 120_000);

  afterAll(async () => {
    await backend.end('SIGTERM');
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('happens while some events are accepted and others are not', () => {
    expect(killed).toEqual({ code: null, signal: 'SIGKILL' });
    expect(accepted.size).toBeGreaterThanOrEqual(KILL_AFTER);
    expect(accepted.size).toBeLessThan(EVENTS);
    expect(before.length).toBeGreaterThan(0);
  });

  it('loses no event that got its 202', () => {
    const ids = new Set(kept.map(({ data }) => data.id as string));
    expect([...accepted].filter((id) => !ids.has(id))).toEqual([]);
  });

  it('gives a client that resumes every event once, in order', () => {
    const seen = [...before, ...after].map(({ id }) => id);
    expect(seen).toEqual(kept.map(({ id }) => id));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('continues with greater positions', () => {
    const positions = [...kept, next].map(({ id }) => id as string);
    for (let index = 1; index < positions.length; index += 1) {
      expect(comparePositions(positions[index - 1]!, positions[index]!)).toBeLessThan(0);
    }
  });
});

itLeaksNoToken();
