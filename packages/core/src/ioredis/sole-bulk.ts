const dollar = 0x24;
const zero = 0x30;
const carriageReturn = 0x0d;

/** The string that `chunk` consists of, when it is exactly one complete bulk string of RESP. */
export function soleBulk(chunk: Buffer): Buffer | undefined {
  if (chunk[0] !== dollar) return undefined;
  let size = 0;
  let at = 1;
  for (let byte = chunk[at]; byte !== carriageReturn; byte = chunk[at]) {
    if (byte === undefined || byte < zero || byte > zero + 9) return undefined;
    size = size * 10 + byte - zero;
    at += 1;
  }
  const start = at + 2;
  return at > 1 && chunk.length === start + size + 2
    ? chunk.subarray(start, start + size)
    : undefined;
}
