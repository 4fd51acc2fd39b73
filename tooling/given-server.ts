/** A server that somebody else has started, and ends. */
export interface GivenServer {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * The server of `REDPOST_TEST_URL`, if there is one. Tests that only use a server take it instead of
 * starting one, so that CI can run them on many versions; those that harm it, or need settings of
 * their own, start one all the same. Files then run one after the other (`tooling/vitest.ts`), for
 * some of them count what the whole server does.
 */
export function givenServer(settings: object = {}): GivenServer | undefined {
  const url = process.env.REDPOST_TEST_URL;
  if (!url || Object.keys(settings).length > 0) return undefined;
  return { url, port: Number(new URL(url).port || 6379), stop: async () => {} };
}
