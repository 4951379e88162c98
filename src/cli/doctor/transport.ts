import { connect as connectHttp2 } from 'node:http2';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { isIP } from 'node:net';
import { ok, problem, skipped, type Finding } from './finding.js';
import type { Patient } from './patient.js';
import type { Probe } from './probe.js';

const HANDSHAKE_MS = 10_000;
const DAY_MS = 86_400_000;
/** A certificate that ends sooner is reported. Days. */
const DAYS_LEFT = 14;
/** A page of several panels needs more than the six of HTTP/1.1. */
const LEAST_STREAMS = 20;

const TLS_FIX =
  'Terminate TLS at the proxy in front of the gateway, send plain HTTP to https:// with 308, and set Strict-Transport-Security. Ephemeral tokens travel in URLs, principal tokens in headers: without TLS everybody on the way can read both.';

interface Handshake {
  readonly protocol: string | undefined;
  readonly alpn: string | false | null;
  readonly certificate: PeerCertificate;
}

function handshake(probe: Probe): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({
      host: probe.host,
      port: probe.port,
      ALPNProtocols: ['h2', 'http/1.1'],
      ...(probe.ca === undefined ? {} : { ca: probe.ca }),
      ...(isIP(probe.host) === 0 ? { servername: probe.host } : {}),
    });
    socket.setTimeout(HANDSHAKE_MS, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject).once('secureConnect', () => {
      resolve({
        protocol: socket.getProtocol() ?? undefined,
        alpn: socket.alpnProtocol,
        certificate: socket.getPeerCertificate(),
      });
      socket.destroy();
    });
  });
}

/** Whether tokens are sent encrypted. A problem with a certificate ends the examination. */
export async function checkTls(probe: Probe): Promise<Finding> {
  if (!probe.isSecure) return plainHttp(probe);
  let seen: Handshake;
  try {
    seen = await handshake(probe);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return problem(
      'tls',
      `No trusted TLS connection: ${code ?? message}.`,
      'Use a certificate for this host name from an authority that clients trust, with its whole chain. For an authority of your own, pass --ca FILE.',
    );
  }
  const days = Math.floor((Date.parse(seen.certificate.valid_to) - Date.now()) / DAY_MS);
  if (days < DAYS_LEFT) {
    return problem(
      'tls',
      `The certificate ends in ${days} days.`,
      'Renew the certificate, and find out why it was not renewed by itself.',
    );
  }
  return ok('tls', `${seen.protocol ?? 'TLS'}; the certificate is good for ${days} days.`);
}

async function plainHttp(probe: Probe): Promise<Finding> {
  if (!probe.isLoopback) return problem('tls', `${probe.url.host} is plain HTTP.`, TLS_FIX);
  const { headers } = await probe.ask('/health');
  const proxy = headers.via ?? headers.server;
  return proxy === undefined
    ? ok('tls', 'Plain HTTP, but only inside this machine.')
    : problem('tls', `A proxy (${String(proxy)}) offers plain HTTP.`, TLS_FIX);
}

/** HTTP/1.1 lets a browser open six connections to a host: six tabs, and the seventh waits. */
export async function checkHttp2({ front }: Patient): Promise<Finding> {
  if (!front.isSecure) return skipped('http2', 'Browsers use HTTP/2 over TLS only.');
  const { alpn } = await handshake(front);
  if (alpn !== 'h2') {
    return problem(
      'http2',
      'The proxy offers HTTP/1.1 only: a browser opens at most six streams.',
      'Switch on HTTP/2 at the proxy (nginx: `http2 on;`, or `listen … ssl http2;` before 1.25; HAProxy: `alpn h2,http/1.1`; Envoy: alpn_protocols). Caddy has it by itself.',
    );
  }
  const most = await concurrentStreams(front);
  if (most < LEAST_STREAMS) {
    return problem(
      'http2',
      `The proxy allows ${most} requests at once on an HTTP/2 connection: with so many streams open, the page can ask nothing more.`,
      'Raise the limit to 100 or more (nginx: http2_max_concurrent_streams; HAProxy: tune.h2.max-concurrent-streams; Envoy: max_concurrent_streams).',
    );
  }
  return ok('http2', `HTTP/2 with ${most} requests at once.`);
}

function concurrentStreams(front: Probe): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(front.url.origin, front.ca === undefined ? {} : { ca: front.ca });
    session.setTimeout(HANDSHAKE_MS, () => session.destroy(new Error('no SETTINGS frame')));
    session.once('error', reject).once('remoteSettings', ({ maxConcurrentStreams }) => {
      session.destroy();
      resolve(maxConcurrentStreams ?? Infinity);
    });
  });
}
