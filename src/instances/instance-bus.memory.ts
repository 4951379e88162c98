import { NEVER, Subject } from 'rxjs';
import { newId } from '../kernel/ids.js';
import { InstanceBus, type BusMessage } from './instance-bus.js';

/** For an instance that is alone: it hears what it says, and nobody answers. */
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
    // A call in this process cannot fall silent.
  }

  async ask(): Promise<readonly unknown[]> {
    return [];
  }

  answer(): void {
    // Nobody is there to ask.
  }
}
