import { encode } from '@msgpack/msgpack';
import {
  type Connection,
  checkedConnection,
  checkedName,
  EncodeError,
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
} from '@redpost/core';
import { messageOf } from '@redpost/core/consuming';

/** How events reach the servers. */
export interface SocketioEmitterOptions {
  /** To the Redis of the adapter. */
  connection: Connection;
  /** The `key` of the adapter. Default `socket.io`. */
  key?: string | undefined;
  /** The namespace of the clients. Default `/`. */
  nsp?: string | undefined;
}

const optionNames: NamesOf<SocketioEmitterOptions> = { connection: true, key: true, nsp: true };

/** Events that mean something else to socket.io. */
const reserved = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);
/** The type of an event among the packets of socket.io. */
const eventType = 2;

/** Which clients get an event. */
interface Selection {
  rooms: readonly string[];
  except: readonly string[];
}

/**
 * Emits events to clients of socket.io, from a process without socket.io.
 *
 * ```ts
 * const io = socketioEmitter({ connection });
 * await io.to('orders').emit('paid', { id: 7 });
 * ```
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function socketioEmitter(options: SocketioEmitterOptions): SocketioEmitter {
  return new SocketioEmitter(options);
}

/** See {@link socketioEmitter}. `to` and `except` return another emitter, and change nothing of this one. */
export class SocketioEmitter {
  readonly #connection: Connection;
  readonly #channel: string;
  readonly #nsp: string;
  readonly #options: SocketioEmitterOptions;
  #selection: Selection = { rooms: [], except: [] };

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(options: SocketioEmitterOptions) {
    this.#connection = checkedConnection('socketioEmitter()', options);
    refuseUnknownOptions('socketioEmitter()', options, optionNames);
    const { key = 'socket.io', nsp = '/' } = options;
    this.#nsp = checkedName('nsp', nsp);
    this.#channel = `${checkedName('key', key)}#${nsp}#`;
    this.#options = options;
  }

  /** Emits only to clients in one of these rooms. The id of a socket is a room with this socket alone. */
  to(...rooms: string[]): SocketioEmitter {
    return this.#with({ rooms: checkedRooms(rooms) });
  }

  /** Does not emit to clients in one of these rooms. */
  except(...rooms: string[]): SocketioEmitter {
    return this.#with({ except: checkedRooms(rooms) });
  }

  /**
   * Emits an event. Resolves to how many servers have got it: 0 when none uses this key in this Redis. Whether a client has got
   * it, nobody knows (at most once).
   *
   * @param args what MessagePack can represent; buffers arrive as binary.
   * @throws InvalidArgumentError for a name that socket.io uses itself, EncodeError for such arguments: nothing was emitted.
   * @throws ConnectionError, TimeoutError, ServerError, ClosedError: their `outcome` says whether it is known not to be emitted.
   */
  async emit(event: string, ...args: readonly unknown[]): Promise<number> {
    if (reserved.has(checkedName('The name of an event', event))) {
      throw new InvalidArgumentError(`socket.io uses the event ${shown(event)} itself`);
    }
    const { rooms, except } = this.#selection;
    const packet = { type: eventType, data: [event, ...args], nsp: this.#nsp };
    const message = encoded(['redpost', packet, { rooms, except, flags: {} }]);
    // So that servers without clients in this room need not read it.
    const channel = rooms.length === 1 ? `${this.#channel}${rooms[0]}#` : this.#channel;
    const line = this.#channel;
    return (await this.#connection.call('PUBLISH', [channel, message], { line })) as number;
  }

  #with({ rooms = [], except = [] }: Partial<Selection>): SocketioEmitter {
    const other = new SocketioEmitter(this.#options);
    other.#selection = {
      rooms: [...new Set([...this.#selection.rooms, ...rooms])],
      except: [...new Set([...this.#selection.except, ...except])],
    };
    return other;
  }
}

/** @throws InvalidArgumentError */
function checkedRooms(rooms: readonly string[]): readonly string[] {
  // Nothing would mean everybody.
  if (rooms.length === 0) throw new InvalidArgumentError('Name at least one room');
  return rooms.map((room) => checkedName('A room', room));
}

/** @throws EncodeError */
function encoded(message: unknown): Buffer {
  try {
    return Buffer.from(encode(message, { useBigInt64: true }));
  } catch (cause) {
    throw new EncodeError(`The event cannot be encoded as MessagePack: ${messageOf(cause)}`, {
      cause,
    });
  }
}
