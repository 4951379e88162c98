import { event } from '../support/caller.js';
import { withBackend } from '../support/fixtures.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';

/** The numbers that `publishMany` gave its events, as they arrived. */
function numbers(reader: StreamReader): number[] {
  return reader.events.flatMap(({ data }) =>
    typeof data.data?.n === 'number' ? [data.data.n as number] : [],
  );
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a client that comes back', () => {
  const { caller } = withBackend();

  /** Publishes one event of the module and resolves to its position. */
  async function mark(module: string): Promise<string> {
    const reader = await caller.stream({ query: `&module=${module}` });
    await reader.named('snapshot');
    await caller.publish(event({ module, type: 'mark' }));
    const { id } = await reader.ofType('mark');
    await reader.close();
    return id ?? '';
  }

  it('misses none of 10,000 events, gets none twice, all in order, then recovered', async () => {
    const replayed = await caller.metric('vx11_operator_events_replayed_total');
    const last = await mark('test');
    await caller.publishMany('away', 10_000);
    const reader = await caller.stream({
      query: '&module=test',
      headers: { 'last-event-id': last },
    });
    const { data } = await reader.named('recovered');
    expect(numbers(reader)).toEqual(upTo(10_000));
    expect(data).toEqual({ count: 10_000, latest: expect.stringMatching(/^\d+-\d+$/) });
    expect(reader.frames.map(({ name }) => name)).not.toContain('snapshot');
    expect(reader.raw).toMatch(/^retry: \d+\nid: /);
    expect(await caller.metric('vx11_operator_events_replayed_total')).toBe(replayed + 10_000);
    await caller.publishMany('away', 1, 10_000);
    await reader.ofType('away');
    expect(numbers(reader)).toEqual(upTo(10_001));
    await reader.close();
  });

  it('may send its last id as ?lastEventId= too; the header wins', async () => {
    const first = await mark('both');
    const second = await mark('both');
    const byQuery = await caller.stream({ query: `&module=both&lastEventId=${first}` });
    expect((await byQuery.named('recovered')).data.count).toBe(1);
    const byBoth = await caller.stream({
      query: `&module=both&lastEventId=${first}`,
      headers: { 'last-event-id': second },
    });
    expect((await byBoth.named('recovered')).data.count).toBe(0);
    await Promise.all([byQuery.close(), byBoth.close()]);
  });

  it('gets what it missed and the end with follow=false', async () => {
    const last = await mark('poll');
    await caller.publish(event({ module: 'poll' }), event({ module: 'poll' }));
    const reader = await caller.stream({ query: `&module=poll&follow=false&lastEventId=${last}` });
    expect(await reader.ended).toBe('clean');
    expect(reader.frames.map(({ name }) => name)).toEqual([undefined, undefined, 'recovered']);
  });

  it('is replayed only what its present token may read', async () => {
    const last = await mark('open');
    await caller.publish(
      event({ module: 'open', type: 'may' }),
      event({ module: 'closed', type: 'must-not' }),
      event({ module: 'open', type: 'must-not', severity: 'critical' }),
      event({ module: 'open', type: 'may' }),
    );
    const token = await caller.issue({ filter: { module: ['open'], severity: ['info'] } });
    const reader = await caller.stream({ token, headers: { 'last-event-id': last } });
    await reader.named('recovered');
    expect(reader.events.map(({ data }) => data.type)).toEqual(['may', 'may']);
    await reader.close();
  });

  it.each([
    ['words', 'the last one'],
    ['a number', '17'],
    ['a UUID of another system', '6fa459ea-ee8a-3ca4-894e-db77e160355e'],
    ['negative', '-1--1'],
    ['in the future', '9999999999999-0'],
    ['beyond every integer', '999999999999999999999999-0'],
    ['2,000 characters', '1'.repeat(2_000)],
    ['with a path in it', '../../etc/passwd'],
    ['with a second line, as far as a header can', 'a b\tc'],
  ])('with a last id that is %s gets one gap, then live', async (_, id) => {
    const reader = await caller.stream({ query: '&module=gap', headers: { 'last-event-id': id } });
    const { data } = await reader.named('gap');
    expect(data).toEqual({ lost: true, oldest: expect.stringMatching(/^\d+-\d+$/) });
    await caller.publish(event({ module: 'gap' }));
    await reader.ofType('test.event');
    expect(reader.frames.map(({ name }) => name)).toEqual(['gap', undefined]);
    await reader.close();
  });

  it('with a last id of 0-0 gets everything there is', async () => {
    const reader = await caller.stream({ query: '&type=mark,vx11.service.up&lastEventId=0-0' });
    const { data } = await reader.named('recovered');
    expect(reader.events[0]?.data.type).toBe('vx11.service.up');
    expect(data.count).toBe(reader.events.length);
    await reader.close();
  });

  it('again and again while publishers are busy loses nothing between replay and live', async () => {
    const publishers = 4;
    const each = 5_000;
    let last = await mark('busy');
    let publishing = true;
    const publishAll = Promise.all(
      Array.from({ length: publishers }, async (_, publisher) => {
        for (let n = 0; n < each; n += 50) {
          await caller.publish(
            ...Array.from({ length: 50 }, (__, index) =>
              event({ module: 'busy', data: { publisher, n: n + index } }),
            ),
            event({ module: 'noise' }),
          );
        }
      }),
    ).finally(() => {
      publishing = false;
    });
    const seen: { publisher: number; n: number }[] = [];
    let visits = 0;
    for (let done = false; !done; visits += 1) {
      done = !publishing;
      const reader = await caller.stream({
        query: '&module=busy',
        headers: { 'last-event-id': last },
      });
      await reader.named('recovered');
      const live = reader.next('a live event', ({ name }) => name === undefined);
      await Promise.race([live.catch(String), publishAll]);
      await reader.close();
      seen.push(...reader.events.map(({ data }) => data.data));
      last = reader.events.at(-1)?.id ?? last;
    }
    await publishAll;
    for (let publisher = 0; publisher < publishers; publisher += 1) {
      const own = seen.filter((one) => one.publisher === publisher).map(({ n }) => n);
      expect(own).toEqual(upTo(each));
    }
    expect(visits).toBeGreaterThan(3);
  });
});

describe('a client that was away for longer than the log remembers', () => {
  const LENGTH = 1_000;
  const { caller } = withBackend({
    VX11_EVENT_LOG_LENGTH: String(LENGTH),
    VX11_EVENT_RING_LENGTH: '100',
  });

  it('gets one gap, then what is left, in order', async () => {
    const gaps = await caller.metric('vx11_operator_event_gaps_total');
    await caller.publishMany('old', 3_000);
    const reader = await caller.stream({ query: '&type=old', headers: { 'last-event-id': '1-0' } });
    const { data } = await reader.named('gap');
    await caller.publishMany('old', 1, 3_000);
    await reader.next('the live event', (frame) => frame.data.data?.n === 3_000);
    const left = numbers(reader);
    expect(left.at(0)).toBeGreaterThan(1_500);
    expect(left).toEqual(upTo(3_001).slice(left[0]));
    expect(reader.events[0]?.id).toBe(data.oldest);
    expect(reader.frames.filter(({ name }) => name !== undefined).map(({ name }) => name)).toEqual([
      'gap',
    ]);
    expect(await caller.metric('vx11_operator_event_gaps_total')).toBe(gaps + 1);
    await reader.close();
  });

  it('is told the same when it polls, and how far it has read', async () => {
    const page = async (query: string) => (await caller.api(`/events?${query}`)).json;
    const { gap, latest } = (await page('type=old&limit=500&after=1-0')) as {
      gap: object;
      latest: string;
    };
    expect(gap).toEqual({ lost: true, oldest: expect.any(String) });
    expect(await page(`type=none&after=${latest}`)).toMatchObject({ events: [], gap: null });
    expect(await page('type=old')).toMatchObject({ latest: null, gap: null });
  });
});

itLeaksNoToken();
