import type { Command } from 'commander';
import type { Context } from '../context.js';
import { printable, table } from '../output.js';

interface StreamList {
  readonly streams: readonly {
    readonly id: string;
    readonly principal_id: string;
    readonly credential: string;
    readonly address: string;
    readonly user_agent: string;
    readonly opened_at: string;
  }[];
  readonly total: number;
  readonly silent_instances: number;
}

/** `vx11 streams`: who is connected. */
export function addStreams(program: Command, context: Context): void {
  program
    .command('streams')
    .description('list the open streams of all instances')
    .action(async () => {
      const { api, output } = context();
      const list = await api.get<StreamList>('/streams');
      output.result(list, () => {
        const rows = list.streams.map((one) => [
          one.id,
          one.principal_id,
          one.credential,
          one.address,
          one.opened_at,
          one.user_agent,
        ]);
        const header = ['ID', 'PRINCIPAL', 'CREDENTIAL', 'ADDRESS', 'OPENED', 'CLIENT'];
        const missing =
          list.silent_instances > 0
            ? `\n${list.silent_instances} instances did not answer: their streams are missing.`
            : '';
        const shown = table(
          header,
          rows.map((row) => row.map(printable)),
        );
        return `${shown}\n${list.streams.length} of ${list.total} open streams.${missing}`;
      });
    });
}
