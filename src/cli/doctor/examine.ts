import { EXIT } from '../errors.js';
import { checkAcceptQueue, checkFileLimit } from './capacity.js';
import { checkClock, checkFallback, checkMetricsPublic } from './exposure.js';
import { CHECKS, problem, skipped, type CheckName, type Finding } from './finding.js';
import { checkTrustedProxies } from './origin.js';
import { NoStream, NoToken, Patient, type Patience } from './patient.js';
import { Probe } from './probe.js';
import { checkRedis } from './store.js';
import { checkBuffering, checkEncoding, checkIdleTimeout } from './streaming.js';
import { checkHttp2, checkTls } from './transport.js';

export interface Examination {
  readonly url: string;
  readonly token: string;
  readonly patience: Patience;
  /** PEM of authorities to trust besides the machine's own. */
  readonly ca?: string | undefined;
  /** operator-backend's own address, for what the gateway does not route. */
  readonly backend?: string | undefined;
  /** Address of the gateway's metrics. */
  readonly gatewayMetrics?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** Only these checks; all unless given. */
  readonly only?: readonly CheckName[] | undefined;
  /** Called whenever a check is done. */
  readonly progress?: (done: number, all: number) => void;
}

/**
 * Examines a running system from outside, all checks at once. It publishes one event and
 * opens a few streams; it changes nothing.
 * @throws Error with a code when no server answers at the address, CommandError when the token
 *   is refused
 */
export async function examine(wish: Examination): Promise<readonly Finding[]> {
  const { url, ca, token, patience, progress, only = CHECKS } = wish;
  const front = new Probe(url, ca);
  const tls = await checkTls(front);
  if (front.isSecure && tls.found.startsWith('No trusted')) {
    const rest = CHECKS.filter((check) => check !== 'tls');
    return [
      tls,
      ...rest.map((check) => skipped(check, 'Not tried: it would send a token to a stranger.')),
    ];
  }
  await front.ask('/health');
  const patient = new Patient(front, token, patience);
  const wanted = (check: CheckName) => only.includes(check);
  const at = (address: string | undefined) => (address ? new Probe(address, ca) : undefined);
  const checks: [CheckName, () => Promise<Finding | readonly Finding[]>][] = [
    ['http2', () => checkHttp2(patient)],
    ['buffering', () => checkBuffering(patient)],
    [wanted('headers') ? 'headers' : 'compression', () => checkEncoding(patient)],
    ['idle-timeout', () => checkIdleTimeout(patient)],
    ['trusted-proxies', () => checkTrustedProxies(patient)],
    ['fallback', () => checkFallback(patient)],
    ['metrics-public', () => checkMetricsPublic(patient)],
    ['clock', () => checkClock(patient)],
    [
      'file-limit',
      () =>
        checkFileLimit({
          'operator-backend': at(wish.backend),
          'tentaculo-link': at(wish.gatewayMetrics),
        }),
    ],
    ['redis', () => checkRedis(wish.redisUrl)],
  ];
  const due = checks.filter(([check]) => wanted(check));
  // Two more checks: TLS, and the accept queue, which comes last so that it does not disturb
  // the others.
  let done = 1;
  const all = due.length + 2;
  // One fault of the system stops many checks: it is said once.
  let isTold = false;
  const failed = (check: CheckName, error: NodeJS.ErrnoException): Finding => {
    if (error instanceof NoToken) {
      if (error.refusal.exitCode === EXIT.refused) throw error.refusal;
      if (isTold) return skipped(check, 'No token is issued.');
      isTold = true;
      return problem(
        check,
        `No token is issued: ${error.message}`,
        'No setting of a proxy helps: the system itself does not work. Run `vx11 services`, and see the runbook HighServerErrorRate.',
      );
    }
    if (error instanceof NoStream) return skipped(check, 'No stream opens; fix buffering first.');
    return problem(
      check,
      `It could not be checked: ${error.code ?? error.message}.`,
      'Look into the log of the proxy and of the gateway for this moment, and run `vx11 smoke`.',
    );
  };
  const run = async (
    check: CheckName,
    examineIt: () => Promise<Finding | readonly Finding[]>,
  ): Promise<readonly Finding[]> => {
    const findings = await examineIt().catch((error: Error) => failed(check, error));
    done += 1;
    progress?.(done, all);
    return [findings].flat();
  };
  const findings = await Promise.all(due.map(([check, it]) => run(check, it)));
  const queue = wanted('accept-queue')
    ? await run('accept-queue', () => checkAcceptQueue(patient))
    : [];
  const order = (finding: Finding) => CHECKS.indexOf(finding.check);
  return [tls, ...findings.flat(), ...queue]
    .filter(({ check }) => wanted(check))
    .sort((a, b) => order(a) - order(b));
}
