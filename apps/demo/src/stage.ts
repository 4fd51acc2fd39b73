import type { Connection } from '@redpost/core';
import type { DemoOptions } from './options.js';
import type { RunNames } from './run-names.js';
import type { Screen } from './terminal/screen.js';

/** What every act gets. */
export interface Stage {
  connection: Connection;
  /** Where Redis is, for another process; may hold a password. */
  url: string;
  /** Another connection, as another process would have: the caller closes it. */
  connect(): Connection;
  names: RunNames;
  options: DemoOptions;
  screen: Screen;
  /** Aborted when the demo is told to end. */
  signal: AbortSignal;
}
