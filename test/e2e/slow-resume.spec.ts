import { startBackend, type TestBackend } from '../support/backend.js';
import { event, type Caller } from '../support/caller.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { Frame, StreamReader } from '../support/stream-reader.js';

/** More than the buffers of the kernel take on the way. */
const BACKLOG = 300;
const PADDING = 'x'.repeat(60_000);

async function fill(caller: Caller, first: number, count: number, padding: string): Promise<void> {
  const batch = padding === '' ? 100 : 10;
  for (let from = first; from < first + count; from += batch) {
    await caller.publish(
      ...Array.from({ length: batch }, (_, index) =>
        event({ type: 'big', data: { n: from + index, padding } }),
      ),
    );
  }
}

/** A stream that resumes before a backlog, and stands still. */
async function resumeAndPause(caller: Caller): Promise<StreamReader> {
  const now = await caller.stream({ query: '&follow=false' });
  await now.ended;
  const last = now.frames[0]?.data.latest as string;
  await fill(caller, 0, BACKLOG, PADDING);
  const reader = await caller.stream({ query: '&type=big', headers: { 'last-event-id': last } });
  reader.pause();
  return reader;
}

/** Where the numbers jump, as [last before, first after]; and whether a gap stood there. */
function jumps(frames: readonly Frame[]): { from: number; to: number; told: boolean }[] {
  const found = [];
  let last = -1;
  let told = false;
  for (const { name, data } of frames) {
    if (name === 'gap') told = true;
    if (name !== undefined) continue;
    const { n } = data.data as { n: number };
    if (n !== last + 1) found.push({ from: last, to: n, told });
    last = n;
    told = false;
  }
  return found;
}

describe('a client that resumes and reads slowly', () => {
  let backend: TestBackend;

  afterEach(() => backend.close());

  it('is told by a gap when the log overtakes its replay, never silently', async () => {
    backend = await startBackend({ VX11_EVENT_LOG_LENGTH: '400', VX11_EVENT_RING_LENGTH: '100' });
    const reader = await resumeAndPause(backend.caller);
    await fill(backend.caller, BACKLOG, 700, '');
    reader.resume();
    await reader.next('the newest event', ({ data }) => data.data?.n === 999);
    const found = jumps(reader.frames);
    expect(found).toEqual([expect.objectContaining({ told: true })]);
    expect(reader.frames.filter(({ name }) => name === 'gap')).toHaveLength(1);
    expect(reader.frames.map(({ name }) => name)).not.toContain('recovered');
    await reader.close();
  });

  it('gets all that came meanwhile in pieces that it can take, and is not cut off for it', async () => {
    backend = await startBackend();
    const reader = await resumeAndPause(backend.caller);
    // More than one page of the replay, so that the rest is left for the hand-over to live.
    await fill(backend.caller, BACKLOG, 200, '');
    await fill(backend.caller, BACKLOG + 200, 50, PADDING);
    reader.resume();
    await reader.next('the newest event', ({ data }) => data.data?.n === 549);
    expect(jumps(reader.frames)).toEqual([]);
    expect(reader.frames.filter(({ name }) => name !== undefined).map(({ name }) => name)).toEqual([
      'recovered',
    ]);
    await reader.close();
  });
});

itLeaksNoToken();
