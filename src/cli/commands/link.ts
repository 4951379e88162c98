import type { Command } from 'commander';
import type { Context } from '../context.js';

interface Issued {
  readonly code: string;
  readonly expires_in_sec: number;
}

/** `vx11 link`: opens the panel of a development machine without typing a token. */
export function addLink(program: Command, context: Context): void {
  program
    .command('link')
    .description('print a link that signs a browser of this machine in, once, within 60 seconds')
    .action(async () => {
      const { api, output } = context();
      const { code, expires_in_sec: seconds } = await api.post<Issued>('/sign-in-codes');
      const url = `${api.url}/operator/ui/#code=${code}`;
      output.result({ url, expires_in_sec: seconds }, () => url);
    });
}
