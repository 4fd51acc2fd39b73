import { BaseRpcContext } from '@nestjs/microservices';
import type { Delivery } from '@redpost/queue';

/** What `@Ctx()` gives to a handler: the message of a request or an event. */
export class RedpostContext extends BaseRpcContext<[Delivery]> {
  /** With its headers, its attempt and its signal. It is settled by how the handler ends. */
  getDelivery(): Delivery {
    return this.getArgByIndex(0);
  }

  /** The pattern of the message. */
  getPattern(): string {
    return this.getDelivery().headers.pattern ?? '';
  }
}
