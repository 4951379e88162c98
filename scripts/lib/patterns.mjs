import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkSync } from 'recheck';
import ts from 'typescript';

/** Milliseconds for one pattern, enough on a busy machine; one that cannot be judged in this time is a fault as well. */
const TIMEOUT_MS = 90_000;

/**
 * The regular expressions of the sources whose time grows faster than their input.
 * @param {string} root
 * @param {string[]} rooms directories; spec files are left out
 * @param {string} [cache] file that keeps what has been judged
 * @returns {string[]} one line for each: file, line, pattern, and an input that shows it
 */
export function superLinearPatterns(root, rooms, cache) {
  const files = globSync(
    rooms.map((room) => `${room}/**/*.{ts,tsx,mjs,js}`),
    { cwd: root, exclude: ['**/node_modules/**', '**/dist/**', '**/*.spec.ts', '**/*.spec.tsx'] },
  );
  const cacheFile = cache && join(root, cache);
  const judged = new Map(
    cacheFile && existsSync(cacheFile) ? JSON.parse(readFileSync(cacheFile, 'utf8')) : [],
  );
  const faults = files.flatMap((file) =>
    patternsOf(file, readFileSync(join(root, file), 'utf8')).flatMap(({ source, flags, line }) => {
      const key = `/${source}/${flags}`;
      if (!judged.has(key)) judged.set(key, faultOf(source, flags) ?? '');
      const fault = judged.get(key);
      return fault === '' ? [] : [`${file}:${line}: ${key} ${fault}`];
    }),
  );
  if (cacheFile) {
    mkdirSync(dirname(cacheFile), { recursive: true });
    writeFileSync(cacheFile, JSON.stringify([...judged]));
  }
  return faults;
}

/**
 * Literals, and `RegExp` with a constant text.
 * @returns {{ source: string, flags: string, line: number }[]}
 */
export function patternsOf(file, text) {
  const sourceFile = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const add = (node, source, flags) => {
    const { line } = sourceFile.getLineAndCharacterOfPosition(node.getStart());
    found.push({ source, flags, line: line + 1 });
  };
  const visit = (node) => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      add(node, node.text.slice(1, end), node.text.slice(end + 1));
    } else if (
      (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
      node.expression.getText() === 'RegExp' &&
      node.arguments?.[0] &&
      ts.isStringLiteralLike(node.arguments[0])
    ) {
      const flags = node.arguments[1];
      add(node, node.arguments[0].text, flags && ts.isStringLiteralLike(flags) ? flags.text : '');
    }
    ts.forEachChild(node, visit);
  };
  visit(sourceFile);
  return found;
}

function faultOf(source, flags) {
  // A sticky pattern is tried at one place only, as one that begins with ^.
  const anchored = flags.includes('y') ? `^(?:${source})` : source;
  const judgement = checkSync(anchored, flags.replace('y', ''), { timeout: TIMEOUT_MS });
  if (judgement.status === 'safe') return undefined;
  if (judgement.status === 'unknown') return `cannot be judged (${judgement.error.kind})`;
  return `is ${judgement.complexity.summary}; try ${judgement.attack.pattern}`;
}
