/** A message that is ready to be sent. */
export interface Outgoing {
  id: string;
  element: string | Buffer;
  delayMs: number;
  ttlMs: number;
  replicas: number;
  /** Both settle the promise of its caller, once it is in a batch. */
  resolve: (id: string) => void;
  reject: (error: unknown) => void;
}
