/** Other systems that fan events out to streams, each set up as its own documentation says. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { root } from '../../scripts/lib/bootstrap.mjs';
import { scratch } from './systems.mjs';

const VERSIONS = { 'better-sse': '0.16.1', '@fastify/sse': '0.6.0', fastify: '5.12.8' };
const CENTRIFUGO = 'v6.9.1';
const MERCURE = 'v0.24.2';
/**
 * Root certificates, of which a hub without TLS uses none. Not every module proxy has the version
 * that Mercure's go.mod names.
 */
const ROOTS = 'golang.org/x/crypto/x509roots/fallback';
const ROOTS_VERSION = 'v0.0.0-20260511143831-44decbfe70e2';
const NCHAN = '/usr/lib/nginx/modules/ngx_nchan_module.so';
/** Outside of the repository and its lockfile; one folder for each set of versions. */
const cache = path.join(os.homedir(), '.cache/vx11-bench');

const post = (target, ...headers) =>
  [`POST ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, ''].join('\r\n');
const onPath = (name) => spawnSync('which', [name]).status === 0;

/** The version in what a command prints. */
function versionFrom(command, ...args) {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return /\d+(\.\d+)+[^\s,]*/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown';
}

/** The version of a module that a program of Go was built from. */
function goVersion(binary, module) {
  const path = spawnSync('which', [binary], { encoding: 'utf8' }).stdout.trim() || binary;
  const { stdout } = spawnSync('go', ['version', '-m', path], { encoding: 'utf8' });
  return new RegExp(`\\s${module}\\s+v(\\S+)`).exec(stdout ?? '')?.[1] ?? 'unknown';
}

function nodePeer(name, peer, modules) {
  return {
    name,
    version: VERSIONS[name],
    entry: path.join(root, 'bench/peers/node-peer.mjs'),
    readyPath: '/',
    env: (port) => ({ PORT: port, PEER: peer, MODULES: modules }),
    streamPath: '/stream?topic=bench',
    topicPath: '/stream?topic=m{n}',
    publishHead: post('/publish', 'Content-Type: application/json'),
  };
}

function installNodePeers() {
  const dir = path.join(cache, Object.values(VERSIONS).join('-'));
  if (existsSync(path.join(dir, 'node_modules/fastify'))) return dir;
  mkdirSync(dir, { recursive: true });
  const manifest = { name: 'peers', private: true, dependencies: VERSIONS };
  writeFileSync(path.join(dir, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: dir,
    stdio: 'ignore',
  });
  return dir;
}

function nchan() {
  const dir = path.join(scratch, 'nchan');
  mkdirSync(dir, { recursive: true });
  const config = path.join(dir, 'nginx.conf');
  return {
    name: 'nchan',
    version: `${versionFrom('dpkg-query', '-W', 'libnginx-mod-nchan')}, nginx ${versionFrom('nginx', '-v')}`,
    command: 'nginx',
    args: ['-c', config, '-p', dir],
    readyPath: '/ready',
    prepare: (port) =>
      writeFileSync(
        config,
        `load_module ${NCHAN};
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 19900;
pid ${dir}/pid; error_log stderr error;
events { worker_connections 19800; multi_accept on; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  nchan_shared_memory_size 512M;
  server {
    listen 127.0.0.1:${port} backlog=16384;
    location = /ready { return 200 ok; }
    location = /stream { nchan_subscriber eventsource; nchan_channel_id $arg_topic; nchan_subscriber_first_message newest; }
    location = /publish { nchan_publisher; nchan_channel_id $arg_topic; nchan_message_buffer_length 100; }
  }
}
`,
      ),
    env: () => ({}),
    streamPath: '/stream?topic=bench',
    topicPath: '/stream?topic=m{n}',
    publishHead: post('/publish?topic={topic}', 'Content-Type: application/json'),
    publishing: 'one',
    /** Its stream sends no body before the first event: the head is what a client sees first. */
    firstByteIsHead: true,
  };
}

function centrifugo(binary) {
  const dir = path.join(scratch, 'centrifugo');
  mkdirSync(dir, { recursive: true });
  const config = path.join(dir, 'config.json');
  const subscribeTo = (channel) =>
    `/connection/uni_sse?cf_connect=%7B%22subs%22%3A%7B%22${channel}%22%3A%7B%7D%7D%7D`;
  return {
    name: 'Centrifugo',
    version: goVersion(binary, 'github.com/centrifugal/centrifugo/v6'),
    command: binary,
    args: ['-c', config],
    readyPath: '/health',
    prepare: (port) =>
      writeFileSync(
        config,
        JSON.stringify({
          http_server: { address: '127.0.0.1', port: String(port) },
          health: { enabled: true },
          client: { insecure: true, connection_limit: 0, ping_interval: '25s' },
          channel: {
            without_namespace: {
              allow_subscribe_for_client: true,
              allow_subscribe_for_anonymous: true,
            },
          },
          http_api: { insecure: true },
          uni_sse: { enabled: true },
          log: { level: 'error' },
        }),
      ),
    env: () => ({ GOMAXPROCS: 1 }),
    streamPath: subscribeTo('bench'),
    topicPath: subscribeTo('m{n}'),
    publishHead: post('/api/batch', 'Content-Type: application/json'),
    publishing: 'centrifugo',
  };
}

function pushpin() {
  return {
    name: 'Pushpin',
    version: `${versionFrom('pushpin', '--version')}, condure ${versionFrom('condure', '--version')}`,
    entry: path.join(root, 'bench/peers/pushpin.mjs'),
    readyPath: '/ready',
    publishesApart: true,
    env: (port, publishPort) => ({
      PORT: port,
      PUBLISH_PORT: publishPort,
      DIR: path.join(scratch, `pushpin-${port}`),
    }),
    streamPath: '/stream?topic=bench',
    topicPath: '/stream?topic=m{n}',
    publishHead: post('/publish/', 'Content-Type: application/json'),
    publishing: 'pushpin',
  };
}

/** A token that may publish to all topics of the hub with this key. */
function mercureToken(key) {
  const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64({ mercure: { publish: ['*'] } })}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

function mercure(binary) {
  const dir = path.join(scratch, 'mercure');
  mkdirSync(dir, { recursive: true });
  const config = path.join(dir, 'Caddyfile');
  const key = 'bench-only-key-of-the-mercure-publisher';
  return {
    name: 'Mercure',
    version: goVersion(binary, 'github.com/dunglas/mercure/caddy'),
    command: binary,
    args: ['run', '--adapter', 'caddyfile', '--config', config],
    readyPath: '/ready',
    prepare: (port) =>
      writeFileSync(
        config,
        `{
  admin off
  persist_config off
  log {
    level ERROR
  }
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  mercure {
    transport local
    anonymous
    publisher_jwt ${key}
  }
  respond /ready 200
  respond 404
}
`,
      ),
    env: () => ({ GOMAXPROCS: 1, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }),
    streamPath: '/.well-known/mercure?topic=bench',
    topicPath: '/.well-known/mercure?topic=m{n}',
    publishHead: post(
      '/.well-known/mercure',
      `Authorization: Bearer ${mercureToken(key)}`,
      'Content-Type: application/x-www-form-urlencoded',
    ),
    publishing: 'mercure',
  };
}

/** The program that was built into the cache's folder, or else the one on the PATH. */
function built(name, version) {
  const own = path.join(cache, `${name}-${version}/${name}`);
  if (existsSync(own)) return own;
  return onPath(name) ? name : undefined;
}

const folder = (name, version) => `~/${path.relative(os.homedir(), cache)}/${name}-${version}`;

/** @returns the systems that are there, and why others are not */
export function findPeers() {
  const systems = [];
  const missing = [];
  if (existsSync(NCHAN) && onPath('nginx')) systems.push(nchan());
  else missing.push('nchan: apt install nginx-light libnginx-mod-nchan');
  const centrifugoBinary = built('centrifugo', CENTRIFUGO);
  if (centrifugoBinary) systems.push(centrifugo(centrifugoBinary));
  else {
    missing.push(
      `Centrifugo: GOBIN=${folder('centrifugo', CENTRIFUGO)} go install github.com/centrifugal/centrifugo/v6@${CENTRIFUGO}`,
    );
  }
  const needed = ['pushpin', 'condure', 'zurl'].filter((name) => !onPath(name));
  if (needed.length === 0) systems.push(pushpin());
  else missing.push(`Pushpin: apt install ${needed.join(' ')}`);
  const mercureBinary = built('mercure', MERCURE);
  if (mercureBinary) systems.push(mercure(mercureBinary));
  else {
    const module = `github.com/dunglas/mercure/caddy/mercure`;
    missing.push(
      `Mercure: mkdir -p ${folder('mercure', MERCURE)} && cd $_ && go mod init bench && go mod edit -replace ${ROOTS}=${ROOTS}@${ROOTS_VERSION} && go get ${module}@${MERCURE} && GOBIN=$PWD CGO_ENABLED=0 go install ${module}`,
    );
  }
  try {
    const modules = installNodePeers();
    systems.push(nodePeer('better-sse', 'better-sse', modules));
    systems.push(nodePeer('@fastify/sse', 'fastify', modules));
  } catch (error) {
    missing.push(
      `better-sse, @fastify/sse: npm install failed (${error.message.split('\n', 1)[0]})`,
    );
  }
  return { systems, missing };
}
