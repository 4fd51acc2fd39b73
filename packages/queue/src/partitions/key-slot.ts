/** How many slots a Cluster has. */
export const slots = 16_384;

/** The slot of a Cluster that a key lies in: CRC-16/XMODEM of its tag, the first text in braces that is not empty, or of all of it. */
export function keySlot(key: string): number {
  const tag = /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key;
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return crc % slots;
}
