import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from './published-packages.js';

export type Access = 'read' | 'write' | 'none';
export type Permissions = Record<string, Access>;

export interface Step {
  run?: string;
  uses?: string;
  shell?: string;
  env?: Record<string, string>;
}

export interface Job {
  'timeout-minutes'?: number;
  permissions?: Permissions;
  steps: Step[];
}

export interface Workflow {
  /** E.g. `ci.yml`. */
  file: string;
  text: string;
  permissions?: Permissions;
  jobs: Record<string, Job>;
}

const folder = join(root, '.github', 'workflows');

/** What GitHub does for this repository. */
export function workflows(): Workflow[] {
  return readdirSync(folder).map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return { file, text, ...parse(text) };
  });
}

/** The steps of all workflows that run a command. */
export function runSteps(): (Step & { run: string })[] {
  return workflows()
    .flatMap(({ jobs }) => Object.values(jobs))
    .flatMap(({ steps }) => steps)
    .filter((step): step is Step & { run: string } => step.run !== undefined);
}
