import type { Command } from 'commander';
import type { Context } from '../context.js';
import { EXIT } from '../errors.js';
import { table } from '../output.js';

interface Services {
  readonly services: readonly {
    readonly name: string;
    readonly status: string;
    readonly latency_ms: number | null;
    readonly since: string | null;
  }[];
}

/** `vx11 services`: the seven processes. */
export function addServices(program: Command, context: Context): void {
  program
    .command('services')
    .description('show the seven services; exit code 1 when one is down')
    .action(async () => {
      const { api, output } = context();
      const list = await api.get<Services>('/services');
      output.result(list, () =>
        table(
          ['SERVICE', 'STATUS', 'LATENCY', 'SINCE'],
          list.services.map(({ name, status, latency_ms: ms, since }) => [
            name,
            status,
            ms == null ? '-' : `${ms} ms`,
            since ?? '-',
          ]),
        ),
      );
      if (list.services.some(({ status }) => status === 'down')) process.exitCode = EXIT.failed;
    });
}
