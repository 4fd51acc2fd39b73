/** The other end of the connection. */
export interface Peer {
  remoteAddress: string | undefined;
}

const loopback = /^(127(\.\d+){3}|::1|::ffff:127(\.\d+){3}|\[::1\]|localhost)$/;

/**
 * True for a request of a program on this machine to a name of this machine. Where a proxy may have passed it on, the answer is false. The
 * name is compared because a page of any site can make its own name point to this machine (DNS rebinding).
 */
export function isOfThisMachine(request: Request, peer: Peer | undefined): boolean {
  if (!peer?.remoteAddress || !loopback.test(peer.remoteAddress)) return false;
  const wasPassedOn = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) =>
    request.headers.has(name),
  );
  return !wasPassedOn && loopback.test(new URL(request.url).hostname);
}
