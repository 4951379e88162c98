import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { baseUrlOf } from './addresses.mjs';

/** The variables that configure a principal; with none of them a development token is made. */
const PRINCIPALS = [
  'VX11_PRINCIPALS_FILE',
  'VX11_OPERATOR_TOKEN',
  'VX11_GATEWAY_TOKEN',
  'VX11_TENTACULO_LINK_TOKEN',
];

/** Where the command line looks for the gateway by itself. */
const DEFAULT_BASE = 'http://127.0.0.1:8000';
const PROBE_TIMEOUT_MS = 2_000;

/**
 * How to sign in. Called before the start, it notices whether there already is a
 * development token. Once all processes are up, call the function that it returns:
 * it asks the system at `base` whether it still accepts an old token.
 * The link signs a browser in once, within 60 seconds; without it there is none to offer.
 * @returns {(base: string) => Promise<{ link?: string } & ({ kind: 'configured', by: string } | { kind: 'new', token: string, file: string } | { kind: 'kept' | 'revoked', file: string })>}
 */
export function signInState(root, env) {
  const by = PRINCIPALS.find((name) => env[name]);
  const file = join(env.VX11_DATA_DIR || '.data', 'dev-token');
  const path = resolve(root, file);
  const existed = existsSync(path);
  return async (base) => {
    if (by) return { kind: 'configured', by };
    if (!existsSync(path)) return { kind: 'kept', file };
    const token = readFileSync(path, 'utf8').trim();
    const { status, code } = await askForCode(base, token);
    const link = code && `${base}/operator/ui/#code=${code}`;
    if (!existed) return { kind: 'new', file, token, link };
    return { kind: status === 403 ? 'revoked' : 'kept', file, link };
  };
}

/** A one-time sign-in code. Without an answer all is undefined: that says nothing about the token. */
async function askForCode(base, token) {
  try {
    const response = await fetch(`${base}/operator/api/sign-in-codes`, {
      method: 'POST',
      headers: { 'X-VX11-Token': token },
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    const { status } = response;
    return response.ok ? { status, code: (await response.json()).code } : { status };
  } catch {
    // Not reachable, or no answer in time: the token is offered instead.
    return {};
  }
}

/** The process that users go to. */
export function frontRow(rows) {
  return rows.find(({ front }) => front) ?? rows[0];
}

/** Where users go. */
export function frontOf(rows, env) {
  return baseUrlOf(frontRow(rows), env);
}

/** The one text that `npm start` ends in. */
export function banner(rows, env, signIn) {
  const links = rows
    .filter(({ portVariable }) => portVariable)
    .flatMap((row) => {
      const base = baseUrlOf(row, env);
      return [[row.name, base], ...row.links.map(([title, path]) => [`  ${title}`, base + path])];
    });
  const width = Math.max(...links.map(([title]) => title.length)) + 2;
  return [
    '',
    'VX11 Operator is up.',
    '',
    ...links.map(([title, url]) => `  ${title.padEnd(width)}${url}`),
    '',
    ...stores(rows, env),
    '',
    ...oneClick(signIn.link, rows, env),
    ...howToSignIn(signIn, env),
    '',
    ...tryIt(frontOf(rows, env)),
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

/** Where tokens and events are. An address may hold a password, which stays out of it. */
function stores(rows, env) {
  const dir = env.VX11_DATA_DIR || '.data';
  const instances = rows.filter(({ name }) => name.startsWith('operator-backend')).length;
  const redis = env.VX11_REDIS_URL
    ? URL.parse(env.VX11_REDIS_URL)?.host
    : env.VX11_REDIS_SENTINELS || env.VX11_REDIS_CLUSTER;
  if (!redis) {
    return [`Embedded, no Redis: tokens in memory, events durable in ${dir}/. One instance.`];
  }
  const own = rows.some(({ name }) => name === 'redis') ? `, durable in ${dir}/redis/` : '';
  return [`Tokens and events in Redis (${redis})${own}. Instances: ${instances}.`];
}

/** Codes live in the memory of one instance: of several, another one might be asked. */
function oneClick(link, rows, env) {
  const instances = rows.filter(({ name }) => name.startsWith('operator-backend')).length;
  if (!link || instances > 1) return [];
  return [
    `Open this link to sign in. It works once, within 60 seconds; ${linkCommand(rows, env)} prints another:`,
    '',
    `  ${link}`,
    '',
  ];
}

/** With what was set for this start alone: the command knows `.env`, and not the terminal of this one. */
function linkCommand(rows, env) {
  const dir = env.VX11_DATA_DIR ? `VX11_DATA_DIR='${env.VX11_DATA_DIR}' ` : '';
  const base = frontOf(rows, env);
  const url = base === DEFAULT_BASE ? '' : `--url ${base} `;
  return `${dir}npm run -s vx11 -- ${url}link`;
}

function howToSignIn(signIn, env) {
  switch (signIn.kind) {
    case 'configured':
      return [`Sign in with a principal token of ${signIn.by}:`, '', '  T=<token>'];
    case 'new':
      return [
        'Sign in with the development token. It was made just now, is shown only this once,',
        `and is kept in ${signIn.file}:`,
        '',
        `  T=${signIn.token}`,
      ];
    case 'revoked':
      return [
        `The development token in ${signIn.file} is revoked. To get a new one, press Ctrl-C and run:`,
        '',
        `  rm ${signIn.file} && ${startCommand(env)}`,
        '',
        'The banner then shows the new token. With it, as T:',
      ];
    default:
      return [
        `Sign in with the development token in ${signIn.file}:`,
        '',
        `  T=$(cat ${signIn.file})`,
      ];
  }
}

/** What was run to start the system; npm passes the script's name on. */
function startCommand({ npm_lifecycle_event: script = 'start' }) {
  return script === 'start' ? 'npm start' : `npm run ${script}`;
}

function tryIt(base) {
  const events = `${base}/operator/api/events`;
  return [
    'Trade it for a 60-second token, open the stream, and publish (with the same T) elsewhere:',
    '',
    `  S=$(curl -s -X POST -H "X-VX11-Token: $T" ${events}/sse-token | cut -d '"' -f 4)`,
    `  curl -N "${events}/stream?token=$S"`,
    `  curl -H "X-VX11-Token: $T" -H 'Content-Type: application/json' ${events} \\`,
    `    -d '{"event_type":"hello","module":"demo","severity":"info","summary":"Hello"}'`,
  ];
}
