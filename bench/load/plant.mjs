/*
 * `node --import bench/load/plant.mjs …` with PLANT: a server with a regression, to prove that
 * `npm run bench:check` finds it.
 */
import { ServerResponse } from 'node:http';
import { Socket } from 'node:net';

const plants = {
  /** A second write for each shared write to a stream. */
  write() {
    const { write } = Socket.prototype;
    Socket.prototype.write = function twice(data, ...rest) {
      if (!Buffer.isBuffer(data) || data.length < 2 || this.writableCorked > 0) {
        return write.call(this, data, ...rest);
      }
      write.call(this, data.subarray(0, 1));
      return write.call(this, data.subarray(1), ...rest);
    };
  },
  /** The head of a response on its own, before its first bytes. */
  head() {
    const { writeHead } = ServerResponse.prototype;
    ServerResponse.prototype.writeHead = function alone(...args) {
      writeHead.apply(this, args);
      this.flushHeaders();
      return this;
    };
  },
  /** A few hundred closures for each request. */
  closure() {
    const { writeHead } = ServerResponse.prototype;
    ServerResponse.prototype.writeHead = function costly(...args) {
      this.planted = Array.from({ length: 400 }, (_, n) => () => n + args.length);
      return writeHead.apply(this, args);
    };
  },
  /** A frame encoded for each stream. */
  encode() {
    const { write } = Socket.prototype;
    Socket.prototype.write = function again(data, ...rest) {
      // As bytes: a trunk to the gateway carries more than text.
      const copy = (bytes) => Buffer.from(bytes.toString('latin1'), 'latin1');
      return write.call(this, Buffer.isBuffer(data) ? copy(data) : data, ...rest);
    };
  },
  /** An extra command to Redis for each one. */
  async redis() {
    const { Redis } = await import('ioredis');
    const { sendCommand } = Redis.prototype;
    Redis.prototype.sendCommand = function more(command, ...rest) {
      if (command.name.toLowerCase().startsWith('eval')) void this.ping();
      return sendCommand.call(this, command, ...rest);
    };
  },
};

const plant = plants[process.env.PLANT];
if (!plant) throw new Error(`PLANT is one of ${Object.keys(plants).join(', ')}`);
await plant();
