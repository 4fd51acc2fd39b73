/**
 * Emits events to the clients of socket.io servers that use `@socket.io/redis-adapter`.
 *
 * @module @redpost/formats/socketio
 */

export {
  SocketioEmitter,
  type SocketioEmitterOptions,
  socketioEmitter,
} from './socketio-emitter.js';
