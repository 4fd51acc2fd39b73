/** The time by a clock that all processes of the machine share and that is never set, in ms. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
