import { withBackend } from '../support/fixtures.js';
import { BATCH, publishRaw } from '../support/publishing.js';
import { itLeaksNoToken } from '../support/secrets.js';

interface Page {
  events: { id: string }[];
  next: string | null;
  searched_back_to: string | null;
}

describe('the history', () => {
  const { caller } = withBackend();

  beforeAll(async () => {
    const events = Array.from({ length: 8 }, (_, n) => ({
      specversion: '1.0',
      id: `h${n}`,
      source: n % 2 === 0 ? '/even' : '/odd',
      type: 'history.made',
      module: 'history',
      severity: n < 6 ? 'info' : 'error',
      correlationid: `c${n % 4}`,
      data: { text: n === 5 ? 'The Needle "quoted"' : 'hay' },
    }));
    await publishRaw(caller, BATCH, events);
  });

  const get = async (query: string) => {
    const { status, json } = await caller.api(`/events${query}`);
    return { status, body: json as never };
  };
  const idsOf = async (query: string) => {
    const { body } = await get(`?module=history&${query}`);
    return (body as Page).events.map(({ id }) => id);
  };

  it.each([
    ['source=/odd', ['h1', 'h3', 'h5', 'h7']],
    ['source=/odd&correlationid=c1', ['h1', 'h5']],
    ['correlationid=c1&correlationid=c2', ['h1', 'h2', 'h5', 'h6']],
    ['source=/od*&severity=info', ['h1', 'h3', 'h5']],
    ['q=needle', ['h5']],
    ['q=%22QUOTED%22', ['h5']],
    ['q=nothing-like-this', []],
    ['subject=x', []],
    ['since=2100-01-01T00:00:00Z', []],
    ['until=2020-01-01T00:00:00Z', []],
    ['since=0&until=4000000000000&severity=error', ['h6', 'h7']],
  ])('finds by %s', async (query, expected) => {
    expect(await idsOf(query)).toEqual(expected);
  });

  it('finds an event by attributes of the greatest length, as its stream does', async () => {
    const event = {
      specversion: '1.0',
      id: 'long',
      source: `/${'s'.repeat(2047)}`,
      type: 'history.long',
      subject: 'b'.repeat(2048),
      correlationid: 'c'.repeat(1024),
    };
    await publishRaw(caller, BATCH, [event]);
    for (const name of ['source', 'subject', 'correlationid'] as const) {
      const { body } = await get(`?${name}=${event[name]}`);
      expect(body).toMatchObject({ events: [{ id: 'long' }] });
      expect(await get(`/counts?${name}=${event[name]}`)).toMatchObject({ body: { total: 1 } });
    }
    const { source, subject } = event;
    const token = await caller.issue({ filter: { source: [source] } });
    const stream = await caller.stream({ token, query: `&subject=${subject}&follow=false` });
    await stream.ended;
    expect(stream.frames).toMatchObject([{ data: { events: [{ id: 'long' }] } }]);
  });

  it('continues from next until all matches are found', async () => {
    const found: string[] = [];
    for (let before = ''; ;) {
      const { body } = await get(`?q=hay&source=/even&limit=1${before}`);
      const { events, next, searched_back_to: searched } = body as Page;
      found.unshift(...events.map(({ id }) => id));
      expect(searched).toBe(next);
      if (next === null) break;
      before = `&before=${next}`;
    }
    expect(found).toEqual(['h0', 'h2', 'h4', 'h6']);
  });

  it('counts by severity, module, type and time', async () => {
    const { body } = await get('/counts?module=history&by=severity,module,type,time&buckets=3');
    expect(body).toMatchObject({
      total: 8,
      severity: { info: 6, warn: 0, error: 2, critical: 0 },
      module: [{ value: 'history', count: 8 }],
      type: [{ value: 'history.made', count: 8 }],
      searched_back_to: null,
    });
    const { buckets } = (body as { time: { buckets: { info: number; error: number }[] } }).time;
    expect(buckets.length).toBeLessThanOrEqual(3);
    expect(buckets.reduce((sum, { info, error }) => sum + info + error, 0)).toBe(8);
  });

  it.each([
    ['q=hay&source=/ev*', 4],
    ['correlationid=c1', 2],
    ['q=nothing-like-this', 0],
  ])('counts what it finds by %s', async (query, total) => {
    const { body } = await get(`/counts?module=history&by=severity,time&${query}`);
    expect(body).toMatchObject({ total, is_complete: true, searched_back_to: null });
    const { severity, time } = body as {
      severity: object;
      time: { buckets: Record<string, number>[] };
    };
    const sum = (numbers: object) =>
      Object.values(numbers)
        .filter((one) => typeof one === 'number')
        .reduce((all, one) => all + one, 0);
    expect(sum(severity)).toBe(total);
    expect(time.buckets.reduce((all, bucket) => all + sum(bucket), 0)).toBe(total);
  });

  it('leaves out routine reports of the system, but neither its warnings nor alerts', async () => {
    const { total: all } = (await get('/counts')).body as { total: number };
    const answer = await get('/counts?system=false&by=type');
    const { total, type } = answer.body as { total: number; type: { value: string }[] };
    expect(total).toBeGreaterThanOrEqual(8);
    expect(all).toBeGreaterThan(total);
    expect(type.map(({ value }) => value)).not.toContain('vx11.service.up');
    const { body } = await get('?system=false&limit=500&type=vx11.*');
    for (const { severity } of (body as { events: { severity: string }[] }).events)
      expect(severity).not.toBe('info');
  });

  it('continues a count where an earlier answer stopped', async () => {
    const { body } = await get('?module=history&limit=3');
    const { next } = body as Page;
    expect(await get(`/counts?module=history&q=hay&before=${next}`)).toMatchObject({
      body: { total: 5 },
    });
  });

  it.each([
    '?since=yesterday',
    '?until=2026-13-01T00:00:00Z',
    '?since=-1',
    `?q=${'a'.repeat(257)}`,
    '?limit=0x10',
    '?limit=1e2',
    '?limit=%2016',
    '?limit=1&limit=2',
    '/counts?buckets=0x10',
    '/counts?by=publisher',
    '/counts?buckets=0',
    '/counts?buckets=501',
    '/counts?before=text',
    '/counts?system=no',
  ])('refuses %s', async (query) => {
    expect(await get(query)).toMatchObject({ status: 400, body: { code: 'invalid_query' } });
  });
});

itLeaksNoToken();
