// Requests tokens at a steady rate until SIGTERM, for the autoscaler. Prints what failed.
//   VX11_TOKEN=... node burst.mjs --url http://host:port --rate 17
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { url: { type: 'string' }, rate: { type: 'string' } } });
const agent = new Agent({ keepAlive: true });
const figures = { issued: 0, failed: 0 };
let ending = false;
process.once('SIGTERM', () => (ending = true));

function issue() {
  const headers = { 'X-VX11-Token': process.env.VX11_TOKEN };
  const path = `${values.url}/operator/api/events/sse-token`;
  return new Promise((resolve) => {
    const sent = request(path, { method: 'POST', agent, headers }, (res) => {
      res.resume().once('end', () => resolve(res.statusCode === 200));
    });
    sent.once('error', () => resolve(false)).end();
  });
}

const period = 1000 / Number(values.rate);
const pending = new Set();
for (let next = performance.now(); !ending; next += period) {
  await delay(Math.max(0, next - performance.now()));
  const one = issue().then((ok) => {
    figures[ok ? 'issued' : 'failed'] += 1;
    pending.delete(one);
  });
  pending.add(one);
}
await Promise.all(pending);
agent.destroy();
console.log(JSON.stringify(figures));
