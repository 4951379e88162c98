import net from 'node:net';

/**
 * One HTTP/1.1 keep-alive connection, one request at a time, on a bare socket: several times cheaper
 * than `fetch`, so that the load never becomes the limit. Understands only what the servers under
 * test send: a Content-Length. Any other answer ends the run with an error.
 */
export class KeepAliveConnection {
  #port;
  #onFailure;
  #socket;
  #onAnswer = null;
  #pending = '';

  constructor(port, onFailure) {
    this.#port = port;
    this.#onFailure = onFailure;
    this.#connect();
  }

  #connect() {
    const socket = net.connect({
      port: this.#port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(16_384),
        callback: (n, buffer) => this.#read(n, buffer),
      },
    });
    this.#socket = socket;
    socket.on('error', this.#onFailure);
    socket.on('close', () => {
      if (this.#socket === socket && this.#onAnswer)
        this.#onFailure(new Error('Connection closed'));
    });
  }

  /** Writes a whole request; `onAnswer(status)` is called when its answer is complete. */
  send(request, onAnswer) {
    this.#onAnswer = onAnswer;
    this.#socket.write(request, 'latin1');
  }

  #read(length, buffer) {
    const text = this.#pending + buffer.latin1Slice(0, length);
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) {
      this.#pending = text;
      return;
    }
    const head = text.slice(0, end);
    const size = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (!size) throw new Error(`No Content-Length in: ${head}`);
    const complete = end + 4 + Number(size[1]);
    if (text.length < complete) {
      this.#pending = text;
      return;
    }
    if (text.length > complete) throw new Error('More bytes than one answer');
    this.#pending = '';
    const onAnswer = this.#onAnswer;
    this.#onAnswer = null;
    if (/\r\nconnection: *close/i.test(head)) {
      this.#socket.destroy();
      this.#connect();
    }
    onAnswer(Number(text.slice(9, 12)));
  }

  close() {
    this.#onAnswer = null;
    this.#socket.destroy();
  }
}
