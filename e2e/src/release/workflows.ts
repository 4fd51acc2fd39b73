import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from './published-packages.js';

type Access = 'read' | 'write' | 'none';
type Permissions = Record<string, Access>;

interface Step {
  run?: string;
  uses?: string;
  shell?: string;
  env?: Record<string, string | boolean>;
  with?: Record<string, string | boolean>;
}

interface Job {
  'timeout-minutes'?: number;
  permissions?: Permissions;
  steps: Step[];
}

interface Workflow {
  /** E.g. `ci.yml`. */
  file: string;
  text: string;
  permissions?: Permissions;
  jobs: Record<string, Job>;
}

const folder = join(root, '.github', 'workflows');

/** The workflows that GitHub runs for this repository. */
export function workflows(): Workflow[] {
  return readdirSync(folder).map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return { file, text, ...parse(text) };
  });
}

interface Command {
  run: string;
  shell: string | undefined;
  env: Record<string, string>;
}

/** The commands that the workflows run themselves or by an action; each command once. */
export function commands(): Command[] {
  const steps = workflows()
    .flatMap(({ jobs }) => Object.values(jobs))
    .flatMap(({ steps }) => steps);
  const found = steps.flatMap(({ run, uses, shell, env = {}, with: inputs = {} }) => {
    const line = run ?? (uses?.startsWith('changesets/action@') ? inputs.version : undefined);
    if (line === undefined) return [];
    const texts = Object.entries(env).map(([name, value]) => [name, String(value)]);
    return [{ run: String(line), shell, env: Object.fromEntries(texts) }];
  });
  return [...new Map(found.map((command) => [command.run, command])).values()];
}
