import { Caller, event } from '../support/caller.js';
import { withBackend } from '../support/fixtures.js';
import { itLeaksNoToken } from '../support/secrets.js';

describe('a principal that is narrowed', () => {
  const { backend } = withBackend();

  async function created(id: string): Promise<Caller> {
    const { json, status } = await backend.caller.api('/principals', {
      method: 'POST',
      body: { id, scopes: ['events:read'] },
      issuing: true,
    });
    expect(status).toBe(201);
    return new Caller(backend.url, json.token);
  }
  const change = (id: string, body: object) =>
    backend.caller.api(`/principals/${id}`, { method: 'PATCH', body });

  it('gets nothing outside its new rights on an open stream, and other streams stay open', async () => {
    const ana = await created('ana');
    const bystander = await (await created('bob')).stream();
    const wide = await ana.stream();
    const narrow = await ana.stream({ query: '&module=shop' });
    await Promise.all([wide, narrow, bystander].map((reader) => reader.named('snapshot')));
    expect((await change('ana', { filter: { module: ['shop'] } })).status).toBe(200);
    expect((await wide.named('goodbye')).data).toMatchObject({
      reason: 'expired',
      reconnect: true,
    });
    await wide.ended;
    const back = await ana.stream();
    await back.named('snapshot');
    await backend.caller.publish(event({ type: 'a.bank', module: 'bank' }));
    await backend.caller.publish(event({ type: 'a.shop', module: 'shop' }));
    expect((await back.ofType('a.shop')).data.module).toBe('shop');
    expect((await bystander.ofType('a.bank')).data.module).toBe('bank');
    await Promise.all([narrow, back, bystander].map((reader) => reader.close()));
  });

  it('gets nothing outside its new rights from a replay with an older token', async () => {
    const eve = await created('eve');
    const token = await eve.issue();
    await backend.caller.publish(event({ type: 'b.bank', module: 'bank' }));
    await backend.caller.publish(event({ type: 'b.shop', module: 'shop' }));
    await change('eve', { filter: { module: ['shop'] } });
    const reader = await eve.stream({ token, query: '&lastEventId=0-0' });
    expect((await reader.ofType('b.shop')).data.module).toBe('shop');
    expect(JSON.stringify(reader.frames)).not.toContain('b.bank');
    await reader.close();
  });

  it('gets counts whose period and end are those of the events that it may read', async () => {
    const positions = async (caller: Caller, query: string) => {
      const { json } = await caller.api(`/events?${query}`);
      return (json.events as { position: string }[]).map(({ position }) => position);
    };
    const publish = (module: string) => backend.caller.publish(event({ type: 'c.ends', module }));
    const kim = await created('kim');
    await change('kim', { filter: { module: ['pharmacy'] } });
    const { json: none } = await kim.api('/events/counts');
    expect(none).toMatchObject({ total: 0, through: '0-0', searched_back_to: null });
    for (const module of ['bank', 'pharmacy', 'pharmacy', 'bank']) await publish(module);
    const [first = '', last = ''] = await positions(backend.caller, 'module=pharmacy');
    const { json } = await kim.api('/events/counts');
    expect(json).toMatchObject({ total: 2, through: last });
    expect(Date.parse(json.since)).toBe(Number(first.split('-')[0]));
    const { json: all } = await backend.caller.api('/events/counts?type=c.ends');
    expect(all.total).toBe(4);
    expect(all.through).not.toBe(last);
  });

  it('without events:read loses its streams, and a token issued before opens none', async () => {
    const mia = await created('mia');
    const token = await mia.issue();
    const reader = await mia.stream();
    await reader.named('snapshot');
    await change('mia', { scopes: [] });
    await reader.named('goodbye');
    expect((await mia.stream({ token })).status).toBe(403);
  });
});

itLeaksNoToken();
