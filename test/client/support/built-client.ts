import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const TSC = require.resolve('typescript/bin/tsc');
const PARSER = dirname(dirname(require.resolve('eventsource-parser')));

/** Builds what is published of the client into a directory. */
export function buildClient(outDir: string): void {
  const project = join(ROOT, 'client/tsconfig.build.json');
  execFileSync(process.execPath, [TSC, '-p', project, '--outDir', outDir]);
}

/** An empty project that has the client installed; the caller removes it. */
export function projectWithClient(): string {
  const project = mkdtempSync(join(tmpdir(), 'vx11-project-'));
  const installed = join(project, 'node_modules/@vx11/events-client');
  mkdirSync(installed, { recursive: true });
  cpSync(join(ROOT, 'client/package.json'), join(installed, 'package.json'));
  buildClient(join(installed, 'dist'));
  symlinkSync(PARSER, join(project, 'node_modules/eventsource-parser'));
  return project;
}
