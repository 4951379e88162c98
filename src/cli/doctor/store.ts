import { inspectRedis } from '../../redis/inspect.js';
import { ok, problem, skipped, type Finding } from './finding.js';

/** Whether Redis keeps what is written to it. */
export async function checkRedis(url: string | undefined): Promise<Finding> {
  if (url === undefined) {
    return skipped(
      'redis',
      'No Redis is named.',
      'Set VX11_REDIS_URL as operator-backend has it. The embedded store needs nothing.',
    );
  }
  try {
    return judge(await inspectRedis(url));
  } catch (error) {
    return problem(
      'redis',
      `Redis does not answer: ${(error as Error).message}.`,
      'Check the address, the password and the network; see the runbook RedisDown.',
    );
  }
}

function judge(facts: ReadonlyMap<string, string>): Finding {
  const faults: [found: string, fix: string][] = [];
  const policy = facts.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    faults.push([
      `its eviction policy is ${policy}: when memory is short it drops tokens, revocations and the event log`,
      'maxmemory-policy noeviction',
    ]);
  }
  if (facts.get('aof_enabled') === '0') {
    faults.push([
      'it has no append-only file: a restart loses accepted events',
      'appendonly yes, appendfsync everysec',
    ]);
  }
  if (facts.get('aof_last_write_status') === 'err') {
    faults.push(['it cannot write its append-only file', 'free the disk']);
  }
  if (faults.length === 0) {
    const replicas = facts.get('connected_slaves') ?? '0';
    return ok('redis', `Append-only file on, noeviction, ${replicas} replicas.`);
  }
  return problem(
    'redis',
    `Redis keeps less than was promised: ${faults.map(([found]) => found).join('; ')}.`,
    `In redis.conf: ${faults.map(([, fix]) => fix).join('; ')}. See docs/operational/redis.md.`,
  );
}
