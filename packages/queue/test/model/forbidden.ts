/** A step of the queue that the model does not allow. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden';
}
