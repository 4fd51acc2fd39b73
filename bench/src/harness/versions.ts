import { readFileSync } from 'node:fs';
import type { Subject } from '../subject.js';
import { channelSubjects, queueSubjects } from '../subjects/index.js';

/** Of every subject its name in tables, with the version where there is one: `BullMQ 6.7.0`. */
export async function subjectTitles(nats: string | undefined): Promise<Map<string, string>> {
  const loaders = [...Object.values(queueSubjects), ...Object.values(channelSubjects)];
  const subjects: Subject[] = await Promise.all(loaders.map((load) => load()));
  return new Map(subjects.map((subject) => [subject.name, titleOf(subject, nats)]));
}

/** A sentence for each subject whose program is not installed: `Sidekiq: no \`sidekiq\` on PATH`. */
export async function missingPrograms(): Promise<string[]> {
  const subjects = await Promise.all(Object.values(queueSubjects).map((load) => load()));
  return subjects.flatMap(({ title, program }) =>
    program && !program.version() ? [`${title}: ${program.missing}`] : [],
  );
}

function titleOf({ title, variant, server, package: name, program }: Subject, nats = ''): string {
  const version = server === 'nats' ? nats : (program?.version() ?? (name && versionOf(name)));
  const named = version ? `${title} ${version}` : title;
  return variant ? `${named}, ${variant}` : named;
}

/** Of a package among the dependencies of the benchmarks. */
function versionOf(name: string): string {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
