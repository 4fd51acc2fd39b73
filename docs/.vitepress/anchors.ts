import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * VitePress finds links to pages that are missing; this finds links to places that a page lacks.
 *
 * @throws Error that names them all.
 */
export function checkAnchors(outDir: string): void {
  const pages = new Map(
    readdirSync(outDir, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.html'))
      .map((file) => [file, readFileSync(path.join(outDir, file), 'utf8')]),
  );

  const dead = [...pages].flatMap(([from, html]) =>
    [...html.matchAll(/ href="([^"#:]*)#([^"]+)"/g)]
      .filter(([, page = '', anchor = '']) => !hasAnchor(pages.get(fileOf(page, from)), anchor))
      .map(([, page, anchor]) => `${from}: ${page}#${anchor}`),
  );
  if (dead.length > 0) throw new Error(`Links to places that do not exist:\n${dead.join('\n')}`);
}

function hasAnchor(html: string | undefined, anchor: string): boolean {
  return html?.includes(` id="${decodeURIComponent(anchor)}"`) ?? false;
}

function fileOf(link: string, from: string): string {
  if (link === '') return from;
  const base = process.env.DOCS_BASE ?? '/';
  const page = decodeURI(link).slice(base.length);
  return page === '' || page.endsWith('/') ? `${page}index.html` : `${page}.html`;
}
