import { NEVER, Subject } from 'rxjs';
import { newId } from './ids.js';
import { InstanceBus, type BusMessage } from './instance-bus.js';

/** For an instance that is alone: it hears what it says. */
export class MemoryInstanceBus extends InstanceBus {
  readonly self = newId('i');
  readonly messages = new Subject<BusMessage>();
  readonly missed = NEVER;
  readonly live = true;

  async send(topic: string, body: object): Promise<void> {
    this.messages.next({ topic, from: this.self, body });
  }
}
