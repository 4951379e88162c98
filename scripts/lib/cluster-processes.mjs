import { connect } from 'node:net';
import { baseUrlOf } from './addresses.mjs';
import { processes } from './processes.mjs';

const INSTANCES = 3;
/** 8010 is the gateway's metrics, so the instances go upwards from the first. */
const COLOURS = ['cyan', 'blue', 'cyanBright'];
const PING_TIMEOUT_MS = 2_000;

const REDIS = ['VX11_REDIS_URL', 'VX11_REDIS_SENTINELS', 'VX11_REDIS_CLUSTER'];

/** Whether a Redis of our own is wanted: the environment names none. */
export function needsRedisServer(env) {
  return !REDIS.some((name) => env[name]);
}

/** @type {import('./processes.mjs').ProcessRow} */
const redis = {
  name: 'redis',
  entry: 'scripts/lib/run-redis.mjs',
  colour: 'red',
  scheme: 'redis',
  portVariable: 'VX11_REDIS_PORT',
  port: 6379,
  hint: 'or use the Redis that is there: VX11_REDIS_URL=redis://127.0.0.1:6379 npm run start:cluster',
  health: '',
  probe: ping,
  env: {},
  needs: [],
  endsLast: true,
  links: [],
};

/**
 * The processes of `npm start`, with three instances of operator-backend and,
 * unless the environment names a Redis, one of these.
 * @returns {import('./processes.mjs').ProcessRow[]}
 */
export function clusterProcesses(env) {
  const own = needsRedisServer(env);
  const rows = processes.flatMap((row) =>
    row.name === 'operator-backend' ? instancesOf(row, env, own ? ['redis'] : []) : [row],
  );
  return own ? [redis, ...rows] : rows;
}

function instancesOf(row, env, needs) {
  return Array.from({ length: INSTANCES }, (_, index) => {
    const instance = {
      ...row,
      name: `${row.name} ${index + 1}`,
      colour: COLOURS[index],
      portOffset: index,
      needs,
    };
    const { port } = new URL(baseUrlOf(instance, env));
    return { ...instance, env: { ...row.env, VX11_BACKEND_PORT: port } };
  });
}

/** What every process is told: where Redis and the instances are. */
export function clusterSettings(rows, env) {
  const own = rows.find(({ name }) => name === 'redis');
  const instances = rows.filter(({ name }) => name.startsWith('operator-backend'));
  return {
    VX11_BACKEND_URLS: instances.map((row) => baseUrlOf(row, env)).join(','),
    ...(own ? { VX11_REDIS_URL: baseUrlOf(own, env) } : {}),
  };
}

/** Whether Redis answers: `ok`, or why not. */
function ping(url) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) });
    const answer = (text) => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(PING_TIMEOUT_MS, () => answer('no answer'));
    socket.once('error', (error) => answer(error.code ?? error.message));
    socket.once('data', (data) => {
      const text = String(data).trim();
      answer(text === '+PONG' ? 'ok' : text);
    });
    socket.write('PING\r\n');
  });
}
