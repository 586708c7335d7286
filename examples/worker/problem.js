/**
 * A refusal as `application/problem+json` (RFC 9457).
 * @param {number} status HTTP status, 400 or above
 * @param {string} title what went wrong, in a few words
 * @param {string} [detail] what was expected, and what was found
 * @param {Record<string, string>} [headers] further response headers
 * @returns {Response}
 */
export function problem(status, title, detail, headers) {
  return new Response(JSON.stringify({ type: 'about:blank', title, status, detail }), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });
}
