import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { leaveOutWhatIsMissing } from './bundle.mjs';

const OUTPUT = '.cache/test-packages';
const INPUTS = ['package-lock.json', 'scripts/lib/bundle.mjs', 'scripts/lib/test-packages.mjs'];

/**
 * Imports of these names come from the bundle, whichever module has them: a package must
 * not be loaded a second time from its own files.
 */
const PACKAGES = [
  '@nestjs/common',
  '@nestjs/common/constants.js',
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/schedule',
  '@nestjs/swagger',
  '@nestjs/terminus',
  '@nestjs/testing',
  '@willsoto/nestjs-prometheus',
  'class-transformer',
  'class-validator',
  'express',
  'helmet',
  'http-proxy-middleware',
  'ioredis',
  'lru-cache',
  'prom-client',
  'rate-limiter-flexible',
  'reflect-metadata',
  'rxjs',
];

/**
 * Puts the packages that most specs load into one file. Jest loads every module again for
 * each spec file: 2,000 small files cost each spec that starts a server more than half a
 * second of processor time.
 * @param {string} root
 * @returns {Promise<Record<string, string>>} entries of Jest's `moduleNameMapper`
 */
export async function bundleTestPackages(root) {
  const hash = createHash('sha256');
  for (const file of INPUTS) hash.update(await readFile(join(root, file)));
  // Another run may be using what an older state has made, so each state has its own directory.
  const output = join(root, OUTPUT, hash.digest('hex').slice(0, 16));
  if (!existsSync(output)) {
    const draft = join(root, OUTPUT, randomUUID());
    await mkdir(draft, { recursive: true });
    await bundle(root, join(draft, 'packages.js'));
    for (const name of PACKAGES) {
      const line = `module.exports = require('./packages.js')[${JSON.stringify(name)}]();\n`;
      await writeFile(join(draft, fileOf(name)), line);
    }
    await rename(draft, output).catch(async (error) => {
      // A run that started at the same time was first.
      if (!existsSync(output)) throw error;
      await rm(draft, { recursive: true });
    });
  }
  return Object.fromEntries(
    PACKAGES.map((name) => [`^${name.replaceAll('.', '\\.')}$`, join(output, fileOf(name))]),
  );
}

function fileOf(name) {
  return `${name.replaceAll(/[^a-z]+/g, '-')}.js`;
}

async function bundle(root, outfile) {
  const { build, stop } = await import('esbuild');
  const lines = PACKAGES.map((name) => `${JSON.stringify(name)}: () => require('${name}'),`);
  await build({
    absWorkingDir: root,
    stdin: { contents: `module.exports = {\n${lines.join('\n')}\n};`, resolveDir: root },
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    // Nest tells providers, guards and exceptions apart by their classes' names too.
    keepNames: true,
    minifyWhitespace: true,
    logLevel: 'silent',
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [{ name: 'optional-packages', setup: leaveOutWhatIsMissing }],
  }).finally(() => void stop());
}
