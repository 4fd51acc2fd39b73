// Makes the wall clock of this process wrong by the given time. Import it before anything else.
import { options } from './report.mjs';

const { clockOffsetMs = 0 } = options;

if (clockOffsetMs !== 0) {
  const Real = Date;
  const now = () => Real.now() + clockOffsetMs;
  globalThis.Date = class extends Real {
    constructor(...args) {
      super(...(args.length > 0 ? args : [now()]));
    }

    static now = now;
  };
}
