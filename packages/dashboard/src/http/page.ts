import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { script, styles } from '../page-text.js';

interface Asset {
  path: string;
  type: string;
  text: string;
  /** Compressed when it is first asked for. */
  zipped?: Buffer;
}

/** The files of the page, by their paths, which change with what they have. */
const assets = new Map(
  [
    asset('app', 'js', 'text/javascript; charset=utf-8', script),
    asset('app', 'css', 'text/css; charset=utf-8', styles),
  ].map((each) => [each.path, each]),
);
const [scriptPath, stylesPath] = [...assets.keys()] as [string, string];

function asset(name: string, end: string, type: string, text: string): Asset {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { path: `/assets/${name}-${hash}.${end}`, type, text };
}

/** Answers with a file of the page, or with the page itself, which finds out by its address what to show. */
export function answerPage(path: string, request: Request, basePath: string): Response {
  const found = assets.get(path);
  if (found) return answerAsset(found, request);
  if (path.startsWith('/assets/')) return new Response('Not found', { status: 404 });
  return new Response(html(basePath), {
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
  });
}

function answerAsset(found: Asset, request: Request): Response {
  const headers = {
    'content-type': found.type,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  };
  const takesGzip = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
  if (!takesGzip) return new Response(found.text, { headers });
  found.zipped ??= gzipSync(found.text, { level: 9 });
  return new Response(new Uint8Array(found.zipped), {
    headers: { ...headers, 'content-encoding': 'gzip' },
  });
}

function html(basePath: string): string {
  return `<!doctype html>
<html lang="en" data-base="${basePath.replace(/&/g, '&amp;')}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>redpost</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${basePath}${stylesPath}">
<script type="module" src="${basePath}${scriptPath}"></script>
</head>
<body><div id="app"><noscript>This page needs JavaScript.</noscript></div></body>
</html>
`;
}
