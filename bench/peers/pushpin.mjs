/**
 * Pushpin, and the origin that it asks about each stream. PORT is for streams, PUBLISH_PORT for
 * `POST /publish/`; DIR gets its configuration, sockets and logs. What it limits by default is set
 * for the load of the bench:
 *
 * - message_rate (2,500 deliveries a second) is absent, which means none. With a rate, each publish
 *   restarts the 25 ms timer that delivers: events that come faster wait for a pause.
 * - message_hwm (25,000 deliveries in the queue, the rest is dropped) and client_maxconn are raised.
 * - client_buffer_size is also how much a stream may be sent ahead: at 4,000 events a second several
 *   times more arrives with 64 KiB than with 8, and an idle stream takes no more memory.
 * - max_open_requests keeps what the proxy has not yet handed on below its queues, which hold 100:
 *   of 8,000 requests at once it otherwise refuses half with 500 and 502.
 */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';

import { exitOnSignals, spawnTracked } from '../../test/support/process/child.ts';
import { killAll, processTree } from '../lib/process-tree.ts';

const { PORT, PUBLISH_PORT, DIR } = process.env;
const PARENT_LOOK_MS = 1000;
const STREAM = {
  'Content-Type': 'text/event-stream',
  'Grip-Hold': 'stream',
  'Grip-Keep-Alive': ':\\n\\n; format=cstring; timeout=25',
};

/** Whether Pushpin takes events: its answer to a list of none. */
async function takesEvents() {
  const answer = await fetch(`http://127.0.0.1:${PUBLISH_PORT}/publish/`, {
    method: 'POST',
    body: '{"items":[]}',
  }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

const origin = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://origin');
  const channel = { 'Grip-Channel': searchParams.get('topic') };
  if (pathname === '/stream') response.writeHead(200, { ...STREAM, ...channel }).end(':\n\n');
  else void takesEvents().then((yes) => response.writeHead(yes ? 200 : 503).end());
});
origin.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 });
await once(origin, 'listening');

mkdirSync(path.join(DIR, 'log'), { recursive: true });
const config = path.join(DIR, 'pushpin.conf');
writeFileSync(path.join(DIR, 'routes'), `* 127.0.0.1:${origin.address().port}\n`);
writeFileSync(
  config,
  `[global]
include={libdir}/internal.conf
rundir=${DIR}
ipc_prefix=p-

[runner]
services=condure,zurl,pushpin-proxy,pushpin-handler
http_port=127.0.0.1:${PORT}
logdir=${DIR}/log
log_level=1
client_buffer_size=65536
client_maxconn=19800
condure_bin=condure
zurl_bin=zurl

[proxy]
routesfile=${DIR}/routes
max_open_requests=64
zurl_out_specs=ipc://{rundir}/{ipc_prefix}zurl-in
zurl_out_stream_specs=ipc://{rundir}/{ipc_prefix}zurl-in-stream
zurl_in_specs=ipc://{rundir}/{ipc_prefix}zurl-out
updates_check=off

[handler]
push_in_spec=ipc://{rundir}/{ipc_prefix}push-in
push_in_sub_specs=ipc://{rundir}/{ipc_prefix}push-in-sub
push_in_http_addr=127.0.0.1
push_in_http_port=${PUBLISH_PORT}
command_spec=ipc://{rundir}/{ipc_prefix}command
stats_spec=ipc://{rundir}/{ipc_prefix}stats
message_hwm=1000000
`,
);

exitOnSignals();
const stdio = ['ignore', 'inherit', 'inherit'];
const runner = spawnTracked('pushpin', [`--config=${config}`], { stdio });
// The runner's services would go on without it.
process.prependListener('exit', () => killAll(processTree(runner.pid)));
runner.once('error', ({ message }) => {
  console.error(message);
  process.exit(1);
});
runner.once('exit', () => process.exit(1));

const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), PARENT_LOOK_MS);
