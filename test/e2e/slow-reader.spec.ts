import { rmSync } from 'node:fs';
import { newDataDir } from '../support/backend.js';
import { event, type Caller } from '../support/caller.js';
import { build, spawnBackend, type BackendProcess } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';

const SLOW = 10;
const BATCH = 10;
/** Together above what the kernel's buffers take for one socket, plus the bound. */
const EVENTS = 300;
/** The default of VX11_STREAM_BUFFER_BYTES; what was published is far more. */
const BUFFER_BYTES = 1024 * 1024;
const PADDING = 'x'.repeat(60_000);
const PUBLISHED = EVENTS * PADDING.length;

const numbers = (reader: StreamReader) => reader.events.map(({ data }) => data.data.n as number);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe(`${SLOW} clients that stop reading`, () => {
  const dataDir = newDataDir();
  let backend: BackendProcess;
  let caller: Caller;
  let healthy: StreamReader;
  let slow: StreamReader[];
  let resumed: StreamReader;
  let before: { resident: number; buffers: number };
  let after: typeof before;
  let cutOff: number;
  let issuedMeanwhile: string;

  async function publish(type: string): Promise<void> {
    for (let first = 0; first < EVENTS; first += BATCH) {
      await caller.publish(
        ...Array.from({ length: BATCH }, (_, index) =>
          event({ type, data: { n: first + index, PADDING } }),
        ),
      );
    }
  }

  const memory = async () => ({
    resident: await caller.metric('process_resident_memory_bytes'),
    buffers: await caller.metric('nodejs_external_memory_bytes'),
  });

  beforeAll(async () => {
    await build();
    backend = await spawnBackend({
      VX11_DATA_DIR: dataDir,
      VX11_EVENT_RING_LENGTH: '100',
      // V8 fills what it is given before it collects; with little of it, growth is growth.
      NODE_OPTIONS: '--max-old-space-size=96',
    });
    ({ caller } = backend);
    // The same without slow clients: what the process needs anyhow.
    for (let round = 0; round < 2; round += 1) await publish('warm-up');
    healthy = await caller.stream({ query: '&type=load' });
    slow = await Promise.all(
      Array.from({ length: SLOW }, () => caller.stream({ query: '&type=load' })),
    );
    await Promise.all([healthy, ...slow].map((reader) => reader.named('snapshot')));
    for (const reader of slow) reader.pause();
    before = await memory();
    await publish('load');
    after = await memory();
    issuedMeanwhile = await caller.issue();
    cutOff = await caller.metric('vx11_operator_sse_disconnects_total', {
      reason: 'slow_consumer',
    });
    await healthy.next('the last event', ({ data }) => data.data?.n === EVENTS - 1);
    const [one] = slow as [StreamReader];
    one.resume();
    await one.ended;
    resumed = await caller.stream({
      query: '&type=load,end',
      headers: { 'last-event-id': one.events.at(-1)?.id ?? '' },
    });
    await resumed.named('recovered');
  }, 120_000);

  afterAll(async () => {
    await Promise.all([healthy, resumed, ...slow].map((reader) => reader.close()));
    await backend.end('SIGTERM');
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('are cut off, each counted as slow_consumer', () => {
    expect(cutOff).toBe(SLOW);
  });

  it('do not make the process grow', () => {
    // Even if nothing were shared: no more than each may have waiting.
    expect(after.buffers - before.buffers).toBeLessThan(SLOW * BUFFER_BYTES);
    expect(after.resident - before.resident).toBeLessThan((SLOW * PUBLISHED) / 4);
  });

  it('do not disturb the others, who get everything in order', () => {
    expect(numbers(healthy)).toEqual(upTo(EVENTS));
    expect(issuedMeanwhile).toHaveLength(36);
  });

  it('resume afterwards, with nothing lost and nothing twice', () => {
    expect([...numbers(slow[0]!), ...numbers(resumed)]).toEqual(upTo(EVENTS));
    expect(resumed.events.length).toBeGreaterThan(0);
  });
});

itLeaksNoToken();
