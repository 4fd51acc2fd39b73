import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { pageOf, root } from './pages.js';

/**
 * Makes links between files of the repository, as they work on GitHub, links of the site: to the
 * page that a file becomes, or else to the file in the forge.
 *
 * @throws Error for a link to a file that does not exist, which fails the build.
 */
export function followRepositoryLinks(md: MarkdownRenderer, repository: string): void {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    // Rendered for the search index, which has no links.
    if (!env.realPath) return;

    const links = tokens
      .flatMap(({ children }) => children ?? [])
      .filter(({ type }) => type === 'link_open');

    for (const link of links) {
      const href = link.attrGet('href') ?? '';
      if (/^([a-z]+:|\/|#)/.test(href)) continue;
      link.attrSet('href', follow(href, env.realPath, repository));
    }
  });
}

function follow(href: string, from: string, repository: string): string {
  const [, name = '', fragment = ''] = /^([^#]*)(#.*)?$/.exec(href) ?? [];
  const target = path.resolve(path.dirname(from), decodeURI(name));
  const file = path.relative(root, target);
  if (!existsSync(target)) throw new Error(`${from}: nothing is at ${href}`);

  const page = pageOf(file);
  if (page) return `/${page}${fragment}`;
  return `${repository}/${statSync(target).isDirectory() ? 'tree' : 'blob'}/main/${file}${fragment}`;
}
