import { join } from 'node:path';

/**
 * The directory of package.json. The only place that looks for it: in a bundle all modules
 * are in one directory, which is as deep as a room is in dist/.
 */
export const PROJECT_ROOT = join(import.meta.dirname, '../..');
