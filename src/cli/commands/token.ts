import type { Command } from 'commander';
import type { Context } from '../context.js';

interface Issued {
  readonly sse_token: string;
  readonly expires_in_sec: number;
}

/** `vx11 token`: the only command that prints a token, because that is its purpose. */
export function addToken(program: Command, context: Context): void {
  program
    .command('token')
    .description('issue an ephemeral token and print it; it opens a stream for 60 seconds')
    .option('--filter <json>', 'narrow what the token may read, such as {"module":["billing"]}')
    .addHelpText(
      'after',
      '\nExample:\n  curl -N "http://127.0.0.1:8000/operator/api/events/stream?token=$(vx11 token)"',
    )
    .action(async ({ filter }: { filter?: string }) => {
      const { api, output } = context();
      const body = filter === undefined ? undefined : { filter: context.json(filter, '--filter') };
      const issued = await api.post<Issued>('/events/sse-token', body);
      output.result(issued, () => issued.sse_token);
    });
}
