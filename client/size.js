// What a page pays for the client: each entry bundled, minified and gzipped, with its
// parser. Fails above the promise; `npm run size -w @vx11/events-client` prints the figures.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Bytes after gzip -9. */
export const LIMITS = { 'index.ts': 6_000, 'shared/index.ts': 9_000, 'shared/worker.ts': 8_000 };

/** @returns {Promise<{ entry: string, minified: number, gzipped: number, limit: number }[]>} */
export async function sizes() {
  return Promise.all(
    Object.entries(LIMITS).map(async ([entry, limit]) => {
      const { outputFiles } = await build({
        entryPoints: [fileURLToPath(new URL(`src/${entry}`, import.meta.url))],
        bundle: true,
        minify: true,
        format: 'esm',
        target: 'es2022',
        write: false,
      });
      const [{ contents }] = outputFiles;
      const gzipped = gzipSync(contents, { level: 9 }).length;
      return { entry, minified: contents.length, gzipped, limit };
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await sizes();
  for (const { entry, minified, gzipped, limit } of results) {
    process.stdout.write(
      `${entry}: ${minified} bytes minified, ${gzipped} gzipped (limit ${limit})\n`,
    );
  }
  process.exitCode = results.some(({ gzipped, limit }) => gzipped > limit) ? 1 : 0;
}
