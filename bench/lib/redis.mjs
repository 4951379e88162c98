import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until Redis answers on the port; resolves with a function that counts the commands that it has processed, less its own. */
export async function answersRedis(port) {
  let own = 0;
  const ask = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.on('error', reject);
      socket.on('data', (bytes) => {
        text += bytes;
        const found = /total_commands_processed:(\d+)/.exec(text);
        if (!found) return;
        socket.destroy();
        resolve(Number(found[1]));
      });
      socket.write('INFO stats\r\n');
    });
  for (;;) {
    try {
      await ask();
      break;
    } catch {
      // Redis does not listen yet.
      await delay(50);
    }
  }
  return async () => (await ask()) - own++;
}
