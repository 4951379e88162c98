import { spawn, type ChildProcess } from 'node:child_process';
import { CommandError, EXIT } from '../errors.js';

export interface Revision {
  readonly revision: number;
  readonly status: string;
  readonly updated: string;
  readonly app_version: string;
}

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** A pod of the release that is not ending. */
export interface PodState {
  readonly name: string;
  readonly version: string;
  readonly ready: boolean;
}

/** The values that decide which image runs, whatever the tags say. */
interface ImageValues {
  readonly image?: { readonly digest?: string };
  readonly frontend?: { readonly image?: { readonly digest?: string } };
}

/** A running `helm`; `stop` ends it, which leaves the revision pending. */
export interface Operation {
  readonly pid: number | undefined;
  readonly done: Promise<{ readonly code: number; readonly output: string }>;
  stop(): void;
}

/** One Helm release; thin over `helm` and `kubectl` on the PATH. */
export class Release {
  constructor(
    readonly name: string,
    readonly namespace: string,
    private readonly chart: string,
    private readonly context: string | undefined,
  ) {}

  /** @throws CommandError when there is no such release */
  async history(): Promise<readonly Revision[]> {
    return JSON.parse(await this.helm(['history', this.name, '-o', 'json'])) as Revision[];
  }

  /** The revision that the cluster runs; undefined when none was ever deployed. */
  async deployed(): Promise<number | undefined> {
    const rows = await this.history();
    return rows.findLast(({ status }) => status === 'deployed')?.revision;
  }

  /** The revision to go back to after an interrupted operation. */
  async lastGood(): Promise<number | undefined> {
    const rows = await this.history();
    const good = rows.filter(({ status }) => status === 'deployed' || status === 'superseded');
    return (good.findLast(({ status }) => status === 'deployed') ?? good.at(-1))?.revision;
  }

  async isPending(): Promise<boolean> {
    return (await this.history()).at(-1)?.status.startsWith('pending') ?? false;
  }

  manifest(revision?: number): Promise<string> {
    const args = revision === undefined ? [] : ['--revision', String(revision)];
    return this.helm(['get', 'manifest', this.name, ...args]);
  }

  values(): Promise<string> {
    return this.helm(['get', 'values', this.name, '-o', 'yaml']);
  }

  /** The values that name an image by its digest, which wins over every tag. */
  async digests(): Promise<readonly string[]> {
    const text = await this.helm(['get', 'values', this.name, '--all', '-o', 'json']);
    const { image, frontend } = JSON.parse(text) as ImageValues;
    return Object.entries({
      'image.digest': image?.digest,
      'frontend.image.digest': frontend?.image?.digest,
    }).flatMap(([name, digest]) => (digest ? [name] : []));
  }

  /** What an upgrade would apply. */
  render(set: readonly string[]): Promise<string> {
    return this.helm([...this.upgradeArgs(set), '--dry-run=server', '--hide-secret']);
  }

  upgrade(set: readonly string[], timeoutSec: number): Operation {
    return this.start([...this.upgradeArgs(set), '--wait', '--timeout', `${timeoutSec}s`]);
  }

  /** Takes back fields that `kubectl rollout undo` or another hand has changed since. */
  rollback(revision: number, timeoutSec: number): Operation {
    return this.start([
      'rollback',
      this.name,
      String(revision),
      '--force-conflicts',
      '--wait',
      '--timeout',
      `${timeoutSec}s`,
    ]);
  }

  async pods(component: string): Promise<readonly PodState[]> {
    const selector = `app.kubernetes.io/instance=${this.name},app.kubernetes.io/name=${component}`;
    const text = await output('kubectl', [
      'get',
      'pods',
      '-n',
      this.namespace,
      '-l',
      selector,
      '-o',
      'json',
      // A look that waits for a silent API server would keep the others from being taken.
      '--request-timeout=10s',
      ...(this.context === undefined ? [] : ['--context', this.context]),
    ]);
    return (JSON.parse(text) as { items: Pod[] }).items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata, spec, status }) => ({
        name: metadata.name,
        version: spec.containers[0]?.image.split(/[:@]/).at(-1) ?? '',
        ready:
          status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ??
          false,
      }));
  }

  private upgradeArgs(set: readonly string[]): string[] {
    const pairs = set.flatMap((pair) => ['--set-string', pair]);
    return ['upgrade', this.name, this.chart, '--reset-then-reuse-values', ...pairs];
  }

  private flags(): string[] {
    return [
      '--namespace',
      this.namespace,
      ...(this.context === undefined ? [] : ['--kube-context', this.context]),
    ];
  }

  private helm(args: readonly string[]): Promise<string> {
    return output('helm', [...args, ...this.flags()]);
  }

  private start(args: readonly string[]): Operation {
    const child = spawn('helm', [...args, ...this.flags()], { stdio: ['ignore', 'pipe', 'pipe'] });
    return {
      pid: child.pid,
      done: collected(child).catch((error: NodeJS.ErrnoException) => {
        throw missing('helm', error);
      }),
      // Helm would mark the revision as failed on SIGTERM only after its own wait.
      stop: () => void child.kill('SIGKILL'),
    };
  }
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const { code, output: text } = await collected(child, false).catch(
    (error: NodeJS.ErrnoException) => {
      throw missing(program, error);
    },
  );
  if (code === 0) return text;
  throw new CommandError(
    EXIT.failed,
    `${program} ${args.slice(0, 2).join(' ')} failed.`,
    errors.trim(),
  );
}

function collected(child: ChildProcess, withErrors = true) {
  return new Promise<{ code: number; output: string }>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    if (withErrors) child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 137, output: text }));
  });
}

function missing(program: string, error: NodeJS.ErrnoException): CommandError {
  return new CommandError(
    EXIT.usage,
    `${program} cannot be started: ${error.code ?? error.message}.`,
    `Install ${program} and put it on the PATH.`,
  );
}
