import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';

/** Where the files of the repository are; all other paths here are relative to it. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The page of the site that a Markdown file becomes, `guides/queue.md` for example. */
export function pageOf(file: string): string | undefined {
  const [, document] = /^docs\/(.+\.md)$/.exec(file) ?? [];
  const [, name] = /^packages\/([^/]+)\/README\.md$/.exec(file) ?? [];
  return document ?? (name && `packages/${name}.md`);
}

/** What stands beside every page but those of the API reference. */
export const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: 'Start',
    items: [
      entry('Getting started', 'docs/getting-started.md'),
      entry('Concepts', 'docs/concepts.md'),
      entry('Coming from BullMQ', 'docs/coming-from/bullmq.md'),
      entry('Coming from Celery', 'docs/coming-from/celery.md'),
      entry('Coming from Sidekiq', 'docs/coming-from/sidekiq.md'),
      entry('Coming from plain Redis', 'docs/coming-from/plain-redis.md'),
    ],
  },
  {
    text: 'Guides',
    items: [
      entry('Queues', 'docs/guides/queues.md'),
      entry('Partitions', 'docs/guides/partitions.md'),
      entry('Channels', 'docs/guides/channels.md'),
      entry('Topics', 'docs/guides/topics.md'),
      entry('NestJS', 'packages/nestjs/README.md'),
      entry('Beside other systems', 'docs/guides/beside-other-systems.md'),
      entry('Recipes', 'docs/guides/recipes.md'),
      entry('Formats of other systems', 'packages/formats/README.md'),
      entry('OpenTelemetry', 'packages/otel/README.md'),
      entry('Prometheus', 'packages/prometheus/README.md'),
      entry('Tests of your own code', 'docs/guides/testing.md'),
      entry('Dashboard and top', 'docs/guides/dashboard.md'),
      entry('Command line', 'packages/cli/README.md'),
    ],
  },
  {
    text: 'In production',
    items: [
      entry('Operating', 'docs/operating.md'),
      entry('Scaling', 'docs/scaling.md'),
      entry('Reliability', 'docs/reliability.md'),
      entry('Security', 'docs/security.md'),
      entry('Runtimes and bundlers', 'docs/runtimes.md'),
      entry('Other languages', 'docs/other-languages.md'),
      entry('Benchmarks', 'docs/benchmarks.md'),
    ],
  },
  {
    text: 'Reference',
    items: [
      {
        text: 'Options',
        collapsed: false,
        items: [
          entry('Connections', 'docs/options/core.md'),
          entry('Queues', 'docs/options/queue.md'),
          entry('Channels', 'docs/options/pubsub.md'),
          entry('Topics', 'docs/options/topic.md'),
          entry('NestJS', 'docs/options/nestjs.md'),
          entry('Dashboard', 'docs/options/dashboard.md'),
          entry('OpenTelemetry', 'docs/options/otel.md'),
          entry('Prometheus', 'docs/options/prometheus.md'),
          entry('Formats of other systems', 'docs/options/formats.md'),
        ].filter((item) => item !== undefined),
      },
      entry('@redpost/core', 'packages/core/README.md'),
      entry('@redpost/queue', 'packages/queue/README.md'),
      entry('@redpost/pubsub', 'packages/pubsub/README.md'),
      entry('@redpost/topic', 'packages/topic/README.md'),
      entry('@redpost/dashboard', 'packages/dashboard/README.md'),
      { text: 'API', link: '/api/' },
      entry('Protocol', 'docs/protocol.md'),
      entry('Architecture', 'docs/architecture.md'),
    ],
  },
].map(({ text, items }) => ({ text, items: items.filter((item) => item !== undefined) }));

/** Nothing for a file that is not there: some are generated, and come when they are. */
function entry(text: string, file: string): DefaultTheme.SidebarItem | undefined {
  if (!existsSync(path.join(root, file))) return undefined;
  return { text, link: `/${pageOf(file)?.replace(/\.md$/, '')}` };
}
