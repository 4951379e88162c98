import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Config } from '../config/config.js';
import type { Logger } from '../kernel/logger.js';
import { REFUSED, StartRefusal } from '../kernel/start-refusal.js';
import type { Running } from './run.js';
import { requireFreePort } from '../http/listening-sockets.js';
import { serveGatewayMetrics } from './tentaculo-link-metrics.js';
import { answerPrimary, WorkerMetrics } from './tentaculo-link-worker-metrics.js';
import { openFileLimit, planWorkers, type WorkerPlan } from './tentaculo-link-plan.js';
import type { RunningGateway } from './tentaculo-link.js';

const RESTART_MS = 500;
/** Milliseconds between two looks at the workers. */
const LOOK_MS = 3_000;
/** Looks in a row that a worker may leave without an answer: it is hung then. */
const MOST_SILENT = 4;

/** Starts tentaculo-link: one process, or as many as its connections need. */
export async function startGateway(config: Config, logger: Logger): Promise<Running> {
  const files = openFileLimit();
  const plan = planWorkers(
    {
      connections: config.VX11_GATEWAY_CONNECTIONS,
      perAddress: config.VX11_GATEWAY_CONNECTIONS_PER_ADDRESS,
      workers: config.VX11_GATEWAY_WORKERS,
    },
    files,
  );
  if (cluster.isWorker) return startWorker(config, logger, plan);
  if (plan.carries < config.VX11_GATEWAY_CONNECTIONS) {
    logger.warn(
      { open_files: files, carries: plan.carries, wanted: config.VX11_GATEWAY_CONNECTIONS },
      `The limit of ${files} open files lets the gateway carry ${plan.carries} connections instead of ${config.VX11_GATEWAY_CONNECTIONS}. ` +
        'Raise it (ulimit -Hn, LimitNOFILE of systemd, --ulimit nofile of docker), or lower VX11_GATEWAY_CONNECTIONS.',
    );
  }
  return plan.workers === 1
    ? startAlone(config, logger, plan)
    : new Workers(config, logger, plan).start();
}

async function startAlone(config: Config, logger: Logger, plan: WorkerPlan): Promise<Running> {
  const gateway = await startProcess(config, logger, plan);
  const { registry } = gateway;
  const metrics = await serveGatewayMetrics(config, logger, {
    contentType: registry.contentType,
    collect: () => registry.metrics(),
  });
  return {
    async close() {
      await gateway.close();
      await metrics.close();
    },
  };
}

async function startWorker(config: Config, logger: Logger, plan: WorkerPlan): Promise<Running> {
  const own = logger.child({ worker: cluster.worker?.id });
  const gateway = await startProcess(config, own, plan);
  answerPrimary(gateway.registry);
  const message: Listening = { listening: Number(new URL(gateway.url).port) };
  process.send?.(message);
  return gateway;
}

/** A worker's message to the primary: it accepts connections on this port. */
interface Listening {
  readonly listening: number;
}

/** Imported only where requests are served: the primary starts its workers sooner without it. */
async function startProcess(
  config: Config,
  logger: Logger,
  plan: WorkerPlan,
): Promise<RunningGateway> {
  const { startTentaculoLink } = await import('./tentaculo-link.js');
  return startTentaculoLink(config, logger, plan);
}

/** What a worker was given cannot be used. */
class WorkerRefusal extends StartRefusal {}

/**
 * The primary process: restarts workers that crash or hang, collects metrics. The workers listen
 * by themselves, and the kernel spreads the connections. If the primary handed each one over,
 * everyone would share its one accept queue, and a client would cost a third more.
 */
class Workers {
  private stopping = false;
  /** How many looks in a row each silent worker has left without an answer. */
  private silent: ReadonlyMap<number, number> = new Map();
  /** Those that accept connections. One that is starting is busy, and has none. */
  private readonly listening = new WeakSet<Worker>();
  private port: number;

  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
    private readonly plan: WorkerPlan,
  ) {
    this.port = config.VX11_GATEWAY_PORT;
  }

  async start(): Promise<Running> {
    const { workers, connections } = this.plan;
    this.logger.info({ workers, connections_each: connections }, 'starting the worker processes');
    await requireFreePort(this.port, this.config.VX11_HOST);
    // Whatever ends this process: a hung worker would not notice, and hold the port.
    process.once('exit', () => {
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
    });
    const first = this.fork();
    // Any port: the first one says which, and the others take the same.
    if (this.port === 0) await first;
    await Promise.all([first, ...Array.from({ length: workers - 1 }, () => this.fork())]);
    cluster.on('exit', (worker, code, signal) => this.ended(worker, signal ?? code));
    const collected = new WorkerMetrics();
    const metrics = await serveGatewayMetrics(this.config, this.logger, collected);
    const looks = setInterval(() => void this.endHung(collected), LOOK_MS);
    return {
      close: async () => {
        await this.stop();
        clearInterval(looks);
        await metrics.close();
      },
    };
  }

  /** Resolves when the worker accepts connections. @throws if it ends first */
  private async fork(): Promise<void> {
    const worker = cluster.fork({ VX11_GATEWAY_PORT: this.port });
    const listening = new Promise<number>((resolve) => {
      worker.on('message', (message: Partial<Listening>) => {
        if (message.listening === undefined) return;
        this.listening.add(worker);
        resolve(message.listening);
      });
    });
    const ended = once(worker, 'exit').then(([code]) => {
      throw code === REFUSED
        ? new WorkerRefusal('The processes of the gateway do not start; their lines say why.')
        : new Error('A process of the gateway ended before it was ready; its lines say why.');
    });
    this.port = await Promise.race([listening, ended]);
  }

  /**
   * The kernel goes on to give a hung worker its share of the connections, and each of them waits
   * without end. Looks are counted and not the time: when the whole machine has slept, no worker
   * has missed more than one.
   */
  private async endHung(metrics: WorkerMetrics): Promise<void> {
    const before = this.silent;
    const now = (await metrics.askAll()).filter((worker) => this.listening.has(worker));
    this.silent = new Map(now.map(({ id }) => [id, (before.get(id) ?? 0) + 1]));
    for (const worker of now) {
      if (this.silent.get(worker.id) !== MOST_SILENT) continue;
      this.logger.error(
        { worker: worker.id },
        'a worker process of the gateway is hung; ending it',
      );
      worker.process.kill('SIGKILL');
    }
  }

  private ended(worker: Worker, how: string | number): void {
    if (this.stopping) return;
    this.logger.error(
      { worker: worker.id, ended_with: how },
      'a worker process of the gateway has ended; starting another',
    );
    setTimeout(() => {
      if (this.stopping) return;
      this.fork().catch((err: unknown) =>
        this.logger.error({ err }, 'the worker process did not start'),
      );
    }, RESTART_MS);
  }

  private async stop(): Promise<void> {
    this.stopping = true;
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    await Promise.all(
      workers.map(async (worker) => {
        const exited = once(worker, 'exit');
        worker.process.kill('SIGTERM');
        await exited;
      }),
    );
  }
}
