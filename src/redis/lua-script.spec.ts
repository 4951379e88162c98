/** @needs redis-server */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { RedisServer } from '../../test/support/redis-server.js';
import { LuaScript } from './lua-script.js';

const root = join(__dirname, '..');
const files = globSync('**/*.lua', { cwd: root }).toSorted();
const modules = globSync('**/*.ts', { cwd: root });

describe('Lua scripts', () => {
  let server: RedisServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis({ port: server.port, host: '127.0.0.1' });
  });
  afterAll(async () => {
    redis.disconnect();
    await server.remove();
  });

  it.each(files)('%s has no syntax error', async (file) => {
    expect(await redis.script('LOAD', readFileSync(join(root, file), 'utf8'))).toMatch(/^\w{40}$/);
  });

  it('have the SHA-1 that Redis gives them', async () => {
    const source = "return 'ü'";
    expect(await redis.script('LOAD', source)).toBe(new LuaScript(source).sha);
  });

  it('stand in .lua files, and every file is loaded by a module', () => {
    const sources = modules.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);
    const inTypeScript = sources.filter(
      ([file, text]) => !file.endsWith('.spec.ts') && /\bredis\.call\(/.test(text),
    );
    expect(inTypeScript).toEqual([]);
    const unused = files.filter((file) => {
      const name = file.split('/').at(-1) ?? file;
      return !sources.some(([, text]) => text.includes(`'${name}'`));
    });
    expect(unused).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });

  it('that are missing are an error when the module is loaded', () => {
    expect(() => LuaScript.load(`file://${__filename}`, 'absent.lua')).toThrow(/absent\.lua/);
  });
});
