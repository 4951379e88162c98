import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { inheritedKey, isNestedDeeper } from '../kernel/nesting.js';
import { ProblemError, type FieldError } from '../kernel/problem.js';
import { hasContent } from './message-rules.js';

const JSON_LIMIT_BYTES = 16 * 1024;
/** Names of UTF-8, the only charset of JSON (RFC 8259, section 8.1), and of ASCII, a subset of it. */
const CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii']);

/**
 * The JSON body as a validated `Shape`; `undefined` when there is no body.
 * A route reads its body itself, so a route without a body costs nothing, and a guard
 * can refuse a request before its body is read.
 * @throws ProblemError invalid_request with `errors[]`, unsupported_media_type
 */
export async function readJson<T extends object>(
  req: Request,
  res: Response,
  Shape: new () => T,
): Promise<T | undefined> {
  if (!hasContent(req)) return undefined;
  const isJson = Boolean(req.is(['json', '+json'])) && hasJsonCharset(req);
  // A chunked body may turn out to be empty, which counts as no body.
  const inChunks = req.headers['content-length'] === undefined;
  if (!isJson && !inChunks) throw notJson();
  const bytes = await readBytes(req, res, JSON_LIMIT_BYTES);
  if (bytes.length === 0) return undefined;
  if (!isJson) throw notJson();
  const body = parsed(bytes);
  if (isNestedDeeper(body)) {
    throw new ProblemError('invalid_request', 'The body is nested too deeply.');
  }
  return checked(Shape, body);
}

function hasJsonCharset(req: Request): boolean {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(req.headers['content-type'] ?? '')?.[1];
  return charset === undefined || CHARSETS.has(charset.toLowerCase());
}

function notJson(): ProblemError {
  return new ProblemError('unsupported_media_type', 'Send the body as application/json in UTF-8.');
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new ProblemError('invalid_request', 'The body is not valid JSON in UTF-8.', { cause });
  }
}

/** Like `readJson`, for routes that require a body. */
export async function requireJson<T extends object>(
  req: Request,
  res: Response,
  Shape: new () => T,
): Promise<T> {
  return (await readJson(req, res, Shape)) ?? checked(Shape, {});
}

/**
 * The body as bytes.
 * @throws an error with status 413 above `limit` bytes; ProblemError when the sender's right
 *   has ended meanwhile
 */
export async function readBytes(req: Request, res: Response, limit: number): Promise<Buffer> {
  await run(express.raw({ type: () => true, limit }), req, res);
  await req.admitAgain?.();
  return Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
}

/** Validates untrusted input. @throws ProblemError with one entry for each fault */
export async function checked<T extends object>(
  Shape: new () => T,
  value: unknown,
  code: 'invalid_request' | 'invalid_query' = 'invalid_request',
): Promise<T> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ProblemError(code, 'Send a JSON object.');
  }
  const hostile = inheritedKey(value);
  if (hostile !== undefined) {
    throw new ProblemError(code, `There is no field "${hostile}" here. Leave it out.`);
  }
  const instance = plainToInstance(Shape, value);
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) {
    throw new ProblemError(code, 'Some fields are not valid; errors names each of them.', {
      errors: errors.flatMap((error) => fieldErrors(error)),
    });
  }
  return instance;
}

/** Lists the faults of a validated object; nested fields are named by their path. */
export function fieldErrors(error: ValidationError, path = '', separator = '.'): FieldError[] {
  const field = `${path}${error.property}`.slice(0, 128);
  return [
    ...Object.values(error.constraints ?? {}).map((message) => ({
      field,
      message: message.slice(0, 256),
    })),
    ...(error.children ?? []).flatMap((child) =>
      fieldErrors(child, `${field}${separator}`, separator),
    ),
  ];
}

function run(handler: RequestHandler, req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void handler(req, res, (error?: unknown) => (error ? reject(error as Error) : resolve()));
  });
}
