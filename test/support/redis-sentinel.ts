import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Child } from './process/child.ts';
import { freePort } from './process/ports.ts';
import { RedisServer, type RedisServerSettings } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';

const run = promisify(execFile);
const SENTINELS = 3;
const QUORUM = 2;
/** Silence after which a Sentinel holds the master for dead, milliseconds. */
const DOWN_AFTER_MS = 2_000;
const POLL_MS = 50;

export interface SentinelOptions {
  /** As on the command line of redis-server, of master and replica. */
  readonly settings?: RedisServerSettings;
}

/** A real master with one replica, and three real Sentinels that watch them. */
export class RedisSentinel {
  private constructor(
    /** The master at first, then its replica. */
    readonly servers: readonly [RedisServer, RedisServer],
    /** The way from the master to the replica, at first: slow it, and the replica lags. */
    readonly replication: TcpProxy,
    private readonly sentinels: readonly { child: Child; port: number }[],
    private readonly directory: string,
  ) {}

  static async start({ settings = {} }: SentinelOptions = {}): Promise<RedisSentinel> {
    const master = await RedisServer.start({ settings });
    const replication = await TcpProxy.to(master.port);
    const replica = await RedisServer.start({
      settings: { ...settings, replicaof: ['127.0.0.1', String(replication.port)] },
    });
    const directory = mkdtempSync(join(tmpdir(), 'vx11-sentinel-'));
    const sentinels = [];
    for (let index = 0; index < SENTINELS; index += 1) {
      sentinels.push(await startSentinel(directory, index, master.port));
    }
    const system = new RedisSentinel([master, replica], replication, sentinels, directory);
    await system.settled();
    return system;
  }

  /** As VX11_REDIS_SENTINELS wants them. */
  get nodes(): string {
    return this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** The port of the master that the Sentinels name. */
  async master(): Promise<number> {
    const { stdout } = await this.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster');
    return Number(stdout.split('\n')[1]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.sentinels.map(({ child }) => child.end('SIGKILL')));
    await this.replication.close();
    await Promise.all(this.servers.map((server) => server.remove()));
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Every Sentinel knows the others and the replica, and the replica follows. */
  private async settled(): Promise<void> {
    for (const { port } of this.sentinels) {
      for (;;) {
        const { stdout } = await cli(port, 'INFO', 'sentinel');
        if (/status=ok.*slaves=1,sentinels=3/.test(stdout)) break;
        await delay(POLL_MS);
      }
    }
    for (;;) {
      const { stdout } = await cli(this.servers[1].port, 'INFO', 'replication');
      if (stdout.includes('master_link_status:up')) return;
      await delay(POLL_MS);
    }
  }

  private async ask(...command: string[]): Promise<{ stdout: string }> {
    return cli(this.sentinels[0]?.port ?? 0, ...command);
  }
}

function cli(port: number, ...command: string[]): Promise<{ stdout: string }> {
  return run('redis-cli', ['-p', String(port), ...command]);
}

async function startSentinel(directory: string, index: number, master: number) {
  const port = await freePort();
  const file = join(directory, `sentinel-${index}.conf`);
  // failover-timeout stays at its default of three minutes: after as long a time, a
  // Sentinel would lead the replica past the proxy to its master.
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      `sentinel monitor mymaster 127.0.0.1 ${master} ${QUORUM}`,
      `sentinel down-after-milliseconds mymaster ${DOWN_AFTER_MS}`,
      '',
    ].join('\n'),
  );
  const child = new Child({
    name: `Sentinel ${index}`,
    command: 'redis-server',
    args: [file, '--sentinel'],
  });
  // It accepts connections by then.
  await child.line(/\+monitor master/);
  return { child, port };
}
