/** The next page (RFC 8288), `</v2/a/tags/list?last=x&n=1000>; rel="next"`; null when this is the last, or it leads elsewhere. */
export function nextPage(header: string | string[] | undefined, from: URL): URL | null {
  for (const [, target = "", rest = ""] of [header ?? ""]
    .flat()
    .join(", ")
    .matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel\s*=\s*"?next"?/i.test(rest) || !URL.canParse(target, from.href)) continue;
    const url = new URL(target, from);
    // Credentials go to the host that was named, and to no other.
    if (url.host === from.host) return new URL(`${from.protocol}//${from.host}${url.pathname}${url.search}`);
  }
  return null;
}
