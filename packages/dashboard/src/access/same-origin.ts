/**
 * Why a request that changes something is refused, or undefined if it comes from the page itself or from no browser.
 *
 * Browsers say where a request comes from by `Sec-Fetch-Site`, but not to a server that is reached by plain HTTP under another name than
 * localhost; there `Origin` says it. Other sites cannot send JSON without asking first, so the type of the body is checked, too.
 */
export function refusalOfOrigin(request: Request): string | undefined {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  if (site !== null && site !== 'same-origin') {
    return `the request comes from another site (Sec-Fetch-Site: ${site})`;
  }
  if (site === null && origin !== null && hostOf(origin) !== new URL(request.url).host) {
    return 'the request comes from another origin than this page';
  }
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json(;|$)/i.test(type)) return 'the body has to be application/json';
  return undefined;
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
