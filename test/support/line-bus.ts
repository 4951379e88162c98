import { NEVER, type Subject } from 'rxjs';
import { InstanceBus, type BusMessage } from '../../src/instances/instance-bus.js';

/** One of several instances in this process, on a line that all of them hear at once. */
export class LineBus extends InstanceBus {
  readonly alone = false;
  readonly missed = NEVER;
  readonly live = true;

  constructor(
    readonly self: string,
    readonly messages: Subject<BusMessage>,
  ) {
    super();
  }

  async send(topic: string, body: object): Promise<void> {
    // As over a real line: what arrives is a copy.
    this.messages.next({ topic, from: this.self, body: JSON.parse(JSON.stringify(body)) });
  }

  renew = () => {};
  ask = () => Promise.resolve([]);
  answer = () => {};
}
