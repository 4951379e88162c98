import type { Request, RequestHandler, Response } from 'express';
import { lookup } from 'mrmime';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ProblemError } from '../kernel/problem.js';

const PAGE = '/index.html';
/**
 * Addresses that get the page when there is no such file: one name without an extension.
 * Any deeper and the page's relative links would be wrong; `assets` is no page of the panel.
 */
const HAS_PAGE = /^\/(?!assets$)[^/.]*$/i;
const READS = ['GET', 'HEAD'];

interface PanelFile {
  readonly bytes: Buffer;
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * Serves the files of the panel as they were when it was called, from memory. So a request
 * opens no file: clients that leave early cannot use up the open files, and a build that
 * removes or replaces files changes no response. `Range` is ignored (RFC 9110, section 14.2):
 * the files are small.
 * @throws Error when a file cannot be read
 */
export async function panelFiles(directory: string): Promise<RequestHandler> {
  const files = await readFiles(directory);
  return (req, res, next) => {
    const path = decoded(req.path);
    const file = files.get(path) ?? (HAS_PAGE.test(path) ? files.get(PAGE) : undefined);
    if (!file) return next();
    requireRead(req, res);
    send(res, file);
  };
}

/** @throws ProblemError 405 for another method than GET and HEAD */
export function requireRead(req: Request, res: Response): void {
  if (READS.includes(req.method)) return;
  res.setHeader('Allow', READS.join(', '));
  throw new ProblemError('method_not_allowed', 'The panel takes GET and HEAD.');
}

/** Express answers 304 and HEAD from the same headers. */
function send(res: Response, { bytes, headers }: PanelFile): void {
  // The files do not depend on the caller.
  res.removeHeader('Vary');
  for (const [name, value] of headers) res.setHeader(name, value);
  res.send(bytes);
}

/** `%2F` stays as it is: it separates no names. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** By their paths, `/assets/index.js`. Names that begin with a dot are left out. */
async function readFiles(directory: string): Promise<Map<string, PanelFile>> {
  const files = new Map<string, PanelFile>();
  for (const name of await readdir(directory, { recursive: true })) {
    const path = `/${name.split(sep).join('/')}`;
    const isFile = (await stat(join(directory, name))).isFile();
    if (!isFile || path.includes('/.')) continue;
    const bytes = await readFile(join(directory, name));
    files.set(path, { bytes, headers: headersOf(path, bytes) });
  }
  return files;
}

/**
 * The build gives every file under assets/ a new name when it changes. The page of the next
 * version is as long as this one, and in an image every file has the same time: only the
 * content tells them apart.
 */
function headersOf(path: string, bytes: Buffer): Map<string, string> {
  const immutable = path.startsWith('/assets/');
  const type = lookup(path) ?? 'application/octet-stream';
  return new Map([
    ['Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache'],
    ['Content-Type', type === 'text/html' ? 'text/html;charset=utf-8' : type],
    ['ETag', `"${createHash('sha256').update(bytes).digest('base64url')}"`],
  ]);
}
