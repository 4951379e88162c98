import { NEVER, Subject } from 'rxjs';
import { newId } from '../kernel/ids.js';
import { InstanceBus, type BusMessage } from './instance-bus.js';

/** The bus of a single instance: it receives its own messages, and questions get no answer. */
export class MemoryInstanceBus extends InstanceBus {
  readonly self = newId('i');
  readonly alone = true;
  readonly messages = new Subject<BusMessage>();
  readonly missed = NEVER;
  readonly live = true;

  async send(topic: string, body: object): Promise<void> {
    this.messages.next({ topic, from: this.self, body });
  }

  renew(): void {
    // Calls inside one process need no connection.
  }

  async ask(): Promise<readonly unknown[]> {
    return [];
  }

  answer(): void {
    // No other instance can ask.
  }
}
