import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROBLEMS } from '../src/kernel/problem.js';

const tracked = (...patterns: string[]) =>
  execFileSync('git', ['ls-files', '--', ...patterns], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && existsSync(file));
const pages = tracked('*.md');

/** As GitHub makes anchors of headings. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('documentation', () => {
  it('lists every error code with its status and title, and no other', () => {
    const rows = [
      ...readFileSync('docs/reference/errors.md', 'utf8').matchAll(
        /^\| `(\w+)` \| (\d+) \| (.+?) \| .+ \|$/gm,
      ),
    ].map(([, code, status, title]) => [code, Number(status), title]);
    expect(rows).toEqual(Object.entries(PROBLEMS).map(([code, row]) => [code, ...row]));
  });

  it('has no link to a file or a heading that does not exist', () => {
    const broken = pages.flatMap((page) => {
      const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
      return [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)/g)]
        .filter(([, path = '', anchor]) => {
          const file = path === '' ? page : join(dirname(page), path);
          if (!existsSync(file)) return true;
          return anchor !== undefined && !anchorsOf(file).includes(anchor);
        })
        .map(([link]) => `${page}: ${link}`);
    });
    expect(pages.length).toBeGreaterThan(15);
    expect(broken).toEqual([]);
  });

  it('names no file of the repository that does not exist', () => {
    const missing = pages.flatMap((page) =>
      [
        ...readFileSync(page, 'utf8').matchAll(
          /`((?:src|test|docs|bench|scripts|ops|helm)\/[\w./-]+)`/g,
        ),
      ]
        .map(([, path = '']) => path)
        .filter((path) => !existsSync(path) && !existsSync(join(dirname(page), path)))
        .map((path) => `${page}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('has each decision once in the index of decisions, with its title', () => {
    const index = readFileSync('docs/adr/README.md', 'utf8');
    const records = tracked('docs/adr/0*.md').map((file) => {
      const [, number, title] = /^# (\d+)\. (.+)/.exec(readFileSync(file, 'utf8')) ?? [];
      return { file: file.slice('docs/adr/'.length), number, title };
    });
    expect(new Set(records.map(({ number }) => number)).size).toBe(records.length);
    const unlisted = records.filter(
      ({ file, number, title }) =>
        !file.startsWith(String(number).padStart(4, '0')) ||
        !index.includes(`| [${number}](${file}) | ${title} |`),
    );
    expect(unlisted).toEqual([]);
  });

  it('names no npm script that does not exist', () => {
    const scriptsOf = (file: string) =>
      Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { scripts?: object }).scripts ?? {});
    const known = new Set(
      ['package.json', 'client/package.json', 'frontend/package.json'].flatMap(scriptsOf),
    );
    const missing = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/npm run (?:-\S+ )*([\w:-]+)/g)]
        .filter(([, name = '']) => !known.has(name))
        .map(([command]) => `${page}: ${command}`),
    );
    expect(missing).toEqual([]);
  });

  it('is listed in its index, page by page', () => {
    const index = readFileSync('docs/README.md', 'utf8');
    const unlisted = tracked('docs/*.md')
      .map((page) => page.slice('docs/'.length))
      .filter((page) => page !== 'README.md' && !/^adr\/\d/.test(page))
      .filter((page) => !index.includes(`(${page})`));
    expect(unlisted).toEqual([]);
  });
});
