import { settings } from './environment.js';
import type { SettingDoc } from './setting.js';

/** The text of `.env.example`, from the settings themselves. */
export function renderEnvExample(): string {
  const lines = [
    '# Every variable, with its default. Copy to .env and uncomment what you change.',
    '# A secret may also stand in a file: NAME_FILE=/path holds the value of NAME.',
  ];
  for (const { title, settings: own } of settings()) {
    lines.push('', `# --- ${title} ---`);
    for (const setting of own) {
      const { name, fallback, example } = setting;
      lines.push(`# ${sentences(setting)}`, `#${name}=${fallback ?? example ?? ''}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const HEADER = `# Configuration

Every variable that the processes read. An empty or blank variable counts as absent. A value that cannot be used ends the start with exit code 78 and a sentence for each fault. A secret variable reaches only the processes that need it (scripts/lib/secrets.mjs), and its value appears in no message. It may also stand in a file: \`NAME_FILE\` names the file that holds the value of \`NAME\`, a list with one item a line. This page is compared with \`src/config/settings/\` by a test, as \`.env.example\` is.
`;

/** The text of docs/reference/configuration.md, from the settings themselves. */
export function renderReference(): string {
  const parts = [HEADER];
  for (const { title, settings: own } of settings()) {
    parts.push(
      `## ${title}\n`,
      '| variable | default | unit | values | meaning |\n|---|---|---|---|---|',
      ...own.map(row),
      '',
    );
  }
  return parts.join('\n');
}

function row({ name, fallback, unit, values, doc, isSecret }: SettingDoc): string {
  const standard = fallback === undefined || fallback === '' ? 'none' : `\`${fallback}\``;
  const meaning = isSecret ? `${doc} Secret.` : doc;
  const cells = [`\`${name}\``, standard, unit ?? '', values ?? 'text', meaning];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** All that is known of a setting, in one line. */
function sentences({ doc, values, unit, isSecret }: SettingDoc): string {
  return [
    doc,
    ...(values === undefined
      ? []
      : [`Values: ${values}${unit === undefined ? '' : ` (${unit})`}.`]),
    ...(isSecret ? ['Secret.'] : []),
  ].join(' ');
}
