import { randomUUID } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { ok, problem, skipped, type Finding } from './finding.js';
import type { Patient } from './patient.js';

const TYPE = 'vx11-cli.doctor.silence';
/** An address for documentation (RFC 5737): no client has it. */
const FORGED = '203.0.113.77';
/** An address of this machine that no proxy uses by itself. */
const OTHER_LOOPBACK = '127.0.0.9';
const POLL_MS = 100;

const INTERNAL = new BlockList();
INTERNAL.addSubnet('127.0.0.0', 8);
INTERNAL.addSubnet('10.0.0.0', 8);
INTERNAL.addSubnet('172.16.0.0', 12);
INTERNAL.addSubnet('192.168.0.0', 16);
INTERNAL.addSubnet('fc00::', 7, 'ipv6');
INTERNAL.addAddress('::1', 'ipv6');

interface Listed {
  readonly streams: readonly { readonly user_agent: string; readonly address: string }[];
}

/**
 * Which client address the product sees. Reuse of tokens, limits and the audit depend on it:
 * with an untrusted proxy all clients have its address, and a proxy that passes on
 * X-Forwarded-For as the client sent it lets clients choose their address.
 */
export async function checkTrustedProxies(patient: Patient): Promise<Finding> {
  const { front } = patient;
  const from = front.isLoopback && isIP(front.host) !== 6 ? OTHER_LOOPBACK : undefined;
  const forged = await addressSeen(patient, {
    'X-Forwarded-For': FORGED,
    'X-Real-IP': FORGED,
    Forwarded: `for=${FORGED}`,
  });
  if (forged === undefined) {
    return skipped(
      'trusted-proxies',
      'The list of streams cannot be read.',
      'Use a principal with the scope streams:admin.',
    );
  }
  if (forged.seen === FORGED) {
    return problem(
      'trusted-proxies',
      `A client that sends "X-Forwarded-For: ${FORGED}" is taken for ${FORGED}.`,
      'Let the outermost proxy overwrite X-Forwarded-For (nginx: `proxy_set_header X-Forwarded-For $remote_addr;`; HAProxy: `http-request set-header X-Forwarded-For %[src]`; Envoy: use_remote_address true; Caddy does by itself), and name in VX11_GATEWAY_TRUSTED_PROXIES only your own proxies.',
    );
  }
  const plain = await addressSeen(patient, {}, from);
  if (plain === undefined) return skipped('trusted-proxies', 'The stream is not in the list.');
  const { seen, own, remote } = plain;
  const isOwn = seen === own;
  if (!isOwn && (front.isLoopback || (isInternal(seen) && !isInternal(remote)))) {
    return problem(
      'trusted-proxies',
      `The product takes this client (${own}) for ${seen}: the address of a proxy.`,
      'Add the addresses of the proxies in front of the gateway to VX11_GATEWAY_TRUSTED_PROXIES, and let them send X-Forwarded-For.',
    );
  }
  return ok('trusted-proxies', isOwn ? `This client is seen as ${seen}.` : `Seen as ${seen}.`);
}

async function addressSeen(
  patient: Patient,
  headers: Record<string, string>,
  from?: string,
): Promise<{ seen: string; own: string; remote: string } | undefined> {
  const agent = `vx11-doctor/${randomUUID()}`;
  const stream = await patient.stream(TYPE, { headers: { 'User-Agent': agent, ...headers }, from });
  try {
    const late = performance.now() + patient.answerMs;
    while (performance.now() < late) {
      const { status, text } = await patient.api('/streams');
      if (status !== 200) return undefined;
      const { streams } = JSON.parse(text) as Listed;
      const found = streams.find((one) => one.user_agent === agent);
      if (found) {
        const { localAddress: own, remoteAddress: remote } = stream;
        return { seen: found.address, own: unmapped(own), remote: unmapped(remote) };
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return undefined;
  } finally {
    stream.close();
  }
}

const unmapped = (address: string) => address.replace(/^::ffff:/, '');
const isInternal = (address: string) =>
  isIP(address) > 0 && INTERNAL.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
