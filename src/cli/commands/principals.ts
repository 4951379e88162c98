import type { Command } from 'commander';
import { createHash, randomBytes } from 'node:crypto';
import { PRINCIPAL_TOKEN_PREFIX } from '../../kernel/token-strength.js';
import type { Context } from '../context.js';
import { printable, table } from '../output.js';

interface PrincipalRow {
  readonly id: string;
  readonly source: string;
  readonly status: string;
  readonly scopes: readonly string[];
  readonly filter: object | null;
  readonly expires_at: string | null;
  readonly streams: number;
}

interface Made {
  readonly principal: PrincipalRow;
  readonly token?: string;
  readonly previous_valid_until?: string;
}

interface Ended {
  readonly tokens: number;
  readonly streams: number;
}

interface Terms {
  readonly scope?: readonly string[];
  readonly filter?: string;
  readonly rateLimit?: string;
  readonly comment?: string;
  readonly expires?: string;
  readonly tokenSha256?: string;
}

const CONFIRM = '--last-administrator';
const CONFIRM_HELP = 'also when nobody else could restore it afterwards';
const SHOWN_ONCE = 'The token is shown once and kept nowhere. Give it to its holder:';

const pathOf = (id: string, act = '') => `/principals/${encodeURIComponent(id)}${act}`;
const confirmed = ({ lastAdministrator }: { lastAdministrator?: boolean }) =>
  lastAdministrator ? '?confirm=last_administrator' : '';

/** `vx11 principals`, and the two short forms `vx11 revoke` and `vx11 restore`. */
export function addPrincipals(program: Command, context: Context): void {
  const principals = program.command('principals').description('create, change and end principals');
  addList(principals, context);
  addCreate(principals, context);
  addChange(principals, context);
  addRotate(principals, context);
  addDelete(principals, context);
  addGenerate(principals, context);
  for (const parent of [principals, program]) {
    addEnding(parent, context, 'revoke', 'refuse the present tokens of a principal');
    addRestore(parent, context);
  }
  addEnding(principals, context, 'disable', 'refuse a principal whatever its token');
}

function addList(principals: Command, context: Context): void {
  principals
    .command('list')
    .description('show the principals that you administrate')
    .action(async () => {
      const { api, output } = context();
      const rows: PrincipalRow[] = [];
      for (let after: string | null = ''; after !== null;) {
        const page: { principals: PrincipalRow[]; next: string | null } = await api.get(
          `/principals?after=${encodeURIComponent(after)}`,
        );
        rows.push(...page.principals);
        after = page.next;
      }
      output.result(rows, () =>
        table(
          ['ID', 'SOURCE', 'STATUS', 'STREAMS', 'EXPIRES', 'SCOPES', 'FILTER'],
          rows.map((row) =>
            [
              row.id,
              row.source,
              row.status,
              String(row.streams),
              row.expires_at ?? '-',
              row.scopes.join(','),
              row.filter === null ? '-' : JSON.stringify(row.filter),
            ].map(printable),
          ),
        ),
      );
    });
}

function withTerms(command: Command): Command {
  return command
    .option('--filter <json>', 'the only events that it may read, publish or administrate')
    .option('--rate-limit <n>', 'ephemeral tokens per second')
    .option('--comment <text>', 'a note for other administrators')
    .option('--expires <time>', 'when its rights end, as 2027-01-31T12:00:00Z');
}

function termsOf(terms: Terms, context: Context): Record<string, unknown> {
  const { filter, rateLimit, comment, expires, scope, tokenSha256 } = terms;
  return {
    ...(scope === undefined ? {} : { scopes: scope }),
    ...(filter === undefined ? {} : { filter: context.json(filter, '--filter') }),
    ...(rateLimit === undefined ? {} : { rate_limit: context.json(rateLimit, '--rate-limit') }),
    ...(comment === undefined ? {} : { comment }),
    ...(expires === undefined ? {} : { expires_at: expires }),
    ...(tokenSha256 === undefined ? {} : { token_sha256: tokenSha256 }),
  };
}

function addCreate(principals: Command, context: Context): void {
  withTerms(
    principals
      .command('create')
      .description('create a principal and print its token once')
      .argument('<id>', '1 to 64 of A-Z a-z 0-9 . _ @ -')
      .option('--scope <scope...>', 'what it may do', ['events:read'])
      .option('--token-sha256 <hash>', 'of a token that its holder made; none is printed then'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  vx11 principals create dashboard --scope events:read --filter \'{"module":["billing"]}\' --expires 2027-01-31T00:00:00Z',
    )
    .action(async (id: string, terms: Terms) => {
      const { api, output } = context();
      const made = await api.post<Made>('/principals', { id, ...termsOf(terms, context) });
      output.result(made, () => tokenWords(made, `Created ${made.principal.id}.`));
    });
}

function addChange(principals: Command, context: Context): void {
  withTerms(
    principals
      .command('change')
      .description('change what a principal may do, or when it expires')
      .argument('<id>')
      .option('--scope <scope...>', 'everything that it may do from now on')
      .option(CONFIRM, CONFIRM_HELP),
  ).action(async (id: string, options: Terms & { lastAdministrator?: boolean }) => {
    const { api, output } = context();
    const path = pathOf(id, confirmed(options));
    const row = await api.patch<PrincipalRow>(path, termsOf(options, context));
    output.result(row, () => `Changed ${row.id}. It is ${row.status}.`);
  });
}

function addRotate(principals: Command, context: Context): void {
  principals
    .command('rotate')
    .description('give a principal a new token and print it once')
    .argument('<id>')
    .option('--grace <seconds>', 'how long the previous token stays valid', '3600')
    .option('--token-sha256 <hash>', 'of a token that its holder made; none is printed then')
    .action(async (id: string, { grace, tokenSha256 }: Terms & { grace: string }) => {
      const { api, output } = context();
      const made = await api.post<Made>(pathOf(id, '/rotate'), {
        grace_sec: context.json(grace, '--grace'),
        ...termsOf(tokenSha256 === undefined ? {} : { tokenSha256 }, context),
      });
      output.result(made, () =>
        tokenWords(made, `The previous token is valid until ${made.previous_valid_until}.`),
      );
    });
}

function addDelete(principals: Command, context: Context): void {
  principals
    .command('delete')
    .description('remove a principal that the API created')
    .argument('<id>')
    .option(CONFIRM, CONFIRM_HELP)
    .action(async (id: string, options: { lastAdministrator?: boolean }) => {
      const { api, output } = context();
      await api.delete(pathOf(id, confirmed(options)));
      output.result({ id, deleted: true }, () => `Deleted ${id}.`);
    });
}

/**
 * Works without a server: for VX11_PRINCIPALS_FILE, and for holders that make their own
 * token.
 */
function addGenerate(principals: Command, context: Context): void {
  principals
    .command('generate')
    .description('make a token without any server; print it and its row for VX11_PRINCIPALS_FILE')
    .argument('[id]', 'of the row', 'new-principal')
    .option('--scope <scope...>', 'what it may do', ['events:read'])
    .action((id: string, { scope }: { scope: readonly string[] }) => {
      const { output } = context();
      const token = PRINCIPAL_TOKEN_PREFIX + randomBytes(32).toString('base64url');
      const tokenSha256 = createHash('sha256').update(token).digest('hex');
      const row = { id, tokenSha256, scopes: scope };
      output.result(
        { token, row },
        () =>
          `${SHOWN_ONCE}\n\n  ${token}\n\nEntry for the JSON list in VX11_PRINCIPALS_FILE, or for --token-sha256:\n\n  ${JSON.stringify(row)}`,
      );
    });
}

function addEnding(
  parent: Command,
  context: Context,
  act: 'revoke' | 'disable',
  description: string,
): void {
  parent
    .command(act)
    .description(`${description}; its tokens and streams end within a second`)
    .argument('<principal>')
    .option(CONFIRM, CONFIRM_HELP)
    .action(async (id: string, options: { lastAdministrator?: boolean }) => {
      const { api, output } = context();
      const ended = await api.post<Ended>(pathOf(id, `/${act}${confirmed(options)}`));
      output.result(
        { id, ...ended },
        () =>
          `${act === 'revoke' ? 'Revoked' : 'Disabled'} ${id}: ${ended.tokens} tokens and ${ended.streams} streams ended. \`vx11 restore ${id}\` takes it back.`,
      );
    });
}

function addRestore(parent: Command, context: Context): void {
  parent
    .command('restore')
    .description('admit a revoked or disabled principal again')
    .argument('<principal>')
    .action(async (id: string) => {
      const { api, output } = context();
      await api.post(pathOf(id, '/restore'));
      output.result({ id, restored: true }, () => `Restored ${id}.`);
    });
}

function tokenWords({ token }: Made, words: string): string {
  return token === undefined ? words : `${words}\n${SHOWN_ONCE}\n\n  ${token}`;
}
