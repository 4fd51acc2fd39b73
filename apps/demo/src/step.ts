import type { Stage } from './stage.js';

/** Shows who does what: `   process 4711     got         order 1`. */
export function showStep({ screen }: Stage, who: string, does: string, what: string): void {
  const { paint } = screen;
  screen.line(`   ${paint.accent(who.padEnd(16))} ${paint.dim(does.padEnd(10))}  ${what}`);
}
