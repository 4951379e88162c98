import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { System } from './system.js';

/** Kernel's ticks a second, of the times in /proc (Linux, all common machines). */
const TICKS = 100;

/**
 * What instances and Redis take from now on; the function that is returned says it.
 * Scripts are all that the token cache sends; the log's own appends and the audit trail's are
 * counted apart.
 */
export async function openWindow(system: System, redis: Redis) {
  const read = async () => ({
    at: performance.now(),
    cpu: system.backends.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    redis: await redisSeconds(redis),
    scripts: await calls(redis, ['evalsha', 'eval', 'hget']),
    appends: await appended(redis),
    auditWrites: await auditWrites(redis),
    bytes: await usedBytes(redis),
  });
  const begin = await read();
  return async () => {
    const end = await read();
    const auditCommands = end.auditWrites - begin.auditWrites;
    // A write of the audit trail is a script, and that script reads a field.
    const others = end.appends - begin.appends + 2 * auditCommands;
    return {
      seconds: (end.at - begin.at) / 1000,
      cpuSeconds: end.cpu - begin.cpu,
      redisSeconds: end.redis - begin.redis,
      redisBytes: end.bytes - begin.bytes,
      auditCommands,
      tokenCommands: end.scripts - begin.scripts - others,
    };
  };
}

/** User and system time of a process so far (Linux). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything: state is the third field, utime the 14th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

async function redisSeconds(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const read = (name: string) => Number(new RegExp(`^${name}:([0-9.]+)`, 'm').exec(info)?.[1] ?? 0);
  return read('used_cpu_user') + read('used_cpu_sys');
}

async function calls(redis: Redis, commands: readonly string[]): Promise<number> {
  const info = await redis.info('commandstats');
  return commands.reduce((sum, command) => {
    const found = new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(info);
    return sum + Number(found?.[1] ?? 0);
  }, 0);
}

/** Scripts that are no token's: an append to the log trims it, a message of the bus is numbered. */
function appended(redis: Redis): Promise<number> {
  return calls(redis, ['xtrim', 'incr']);
}

/** Scripts that add to the audit trail: nothing else asks whether a field of a hash exists. */
function auditWrites(redis: Redis): Promise<number> {
  return calls(redis, ['hexists']);
}

async function usedBytes(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}
