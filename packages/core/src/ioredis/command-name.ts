/**
 * Commands whose name matters to ioredis, and only in small letters: it follows subscriptions by
 * them (under RESP2 anything else ends the process), and gives the replies of the others the shapes
 * of RESP2, whichever protocol the server speaks.
 */
const inSmallLetters = [
  ...['SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE', 'SSUBSCRIBE', 'SUNSUBSCRIBE'],
  ...['XREAD', 'XREADGROUP', 'HRANDFIELD', 'VSIM'],
  ...['ZDIFF', 'ZINTER', 'ZUNION', 'ZPOPMAX', 'ZPOPMIN', 'ZRANDMEMBER'],
  ...['ZRANGE', 'ZRANGEBYSCORE', 'ZREVRANGE', 'ZREVRANGEBYSCORE'],
];

const names = new Map([
  ...inSmallLetters.map((name) => [name, name.toLowerCase()] as const),
  // In small letters its reply would become an object.
  ['hgetall', 'HGETALL'],
]);

/** A command's name as ioredis is to be given it. */
export function commandName(command: string): string {
  return names.get(command) ?? command;
}
