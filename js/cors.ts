/** Which pages of other origins may read a response, and send what. */

/** Decides by the `Origin` header; called only for requests that have one. */
export type OriginRule = (origin: string, request: Request) => boolean;

/** What pages of other origins may do. */
export interface CorsRules {
  /**
   * Which origins: `'*'` for all; one such as `'https://example.com'`, or a `RegExp` that the whole of it has to match, or a list of
   * those; or a function. Default `'*'`.
   */
  origin?: string | RegExp | readonly (string | RegExp)[] | OriginRule | undefined;
  /** Whether requests may have cookies and HTTP authentication; not with `'*'`. Default `false`. */
  credentials?: boolean | undefined;
  /** For how many seconds a browser may keep the answer to a preflight. Default: what browsers do, which is 5. */
  maxAge?: number | undefined;
  /** Request headers that are allowed beside `Last-Event-ID`, `Content-Type` and `Authorization`. */
  allowHeaders?: readonly string[] | undefined;
  /** The methods that are allowed. Default `['GET', 'POST']`. */
  allowMethods?: readonly string[] | undefined;
  /** Response headers that a page may read beside the few that it always may. */
  exposeHeaders?: readonly string[] | undefined;
}

/** `true` is short for `{}`: every origin, without credentials. */
export type Cors = true | CorsRules;

/** What {@link cors} answers. */
export interface CorsAnswer {
  /** For the response. To be added by {@link addCors}, as there may be a `Vary` already. */
  readonly headers: Headers;
  /** Whether the request is a preflight, to be answered with these headers and 204, and by no handler. */
  readonly preflight: boolean;
}

/**
 * A reader that resumes sends `Last-Event-ID`, one that posts JSON `Content-Type`. `Authorization` has nothing that a page does not
 * have already, and `*` would not cover it.
 */
const ALLOWED_HEADERS = ['Last-Event-ID', 'Content-Type', 'Authorization'];

const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/;

/**
 * The headers by which a browser lets a page of another origin read the response to this request, or not.
 *
 * @throws TypeError or RangeError when the rules are not what they should be, whatever the request.
 */
export function cors(request: Request, rules: Cors): CorsAnswer {
  const { credentials, maxAge, allowHeaders = [], allowMethods = ['GET', 'POST'], exposeHeaders = [] } = check(rules);
  const rule = (rules === true ? undefined : rules.origin) ?? '*';
  const headers = new Headers();
  const preflight = request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
  // A cache must not give one origin what was allowed to another; nor a response without these headers to any.
  if (rule !== '*') headers.set('vary', 'Origin');
  const origin = request.headers.get('origin');
  if (origin === null || !isAllowed(rule, origin, request)) return { headers, preflight };
  headers.set('access-control-allow-origin', rule === '*' ? '*' : origin);
  if (credentials) headers.set('access-control-allow-credentials', 'true');
  if (preflight) {
    headers.set('access-control-allow-methods', allowMethods.join(', '));
    headers.set('access-control-allow-headers', [...ALLOWED_HEADERS, ...allowHeaders].join(', '));
    if (maxAge !== undefined) headers.set('access-control-max-age', String(maxAge));
  } else if (exposeHeaders.length) {
    headers.set('access-control-expose-headers', exposeHeaders.join(', '));
  }
  return { headers, preflight };
}

/** Adds the headers of an answer to those of a response: to `Vary`, the others in place of what is there. */
export function addCors(headers: Headers, answer: CorsAnswer): void {
  answer.headers.forEach((value, name) => {
    const vary = name === 'vary' ? (headers.get(name) ?? '') : '';
    if (!/(?:^|,)\s*(?:\*|origin)\s*(?:,|$)/i.test(vary)) headers.set(name, vary ? `${vary}, ${value}` : value);
  });
}

function isAllowed(rule: NonNullable<CorsRules['origin']>, origin: string, request: Request): boolean {
  if (typeof rule !== 'function') return [rule].flat().some((one) => one === '*' || matches(one, origin));
  const answer: unknown = rule(origin, request);
  // A promise would let everybody in.
  if (typeof answer === 'boolean') return answer;
  throw new TypeError(`expected cors.origin to return a boolean, found ${typeof answer}`);
}

function matches(rule: string | RegExp, origin: string): boolean {
  if (typeof rule === 'string') return rule.toLowerCase() === origin;
  // The whole of it: /example\.com/ is not meant to match "https://example.com.evil.test". Without the flags that keep a state.
  return new RegExp(`^(?:${rule.source})$`, rule.flags.replace(/[gy]/g, '')).test(origin);
}

function check(rules: Cors): CorsRules {
  if (rules === true) return {};
  if (Object(rules) !== rules) throw new TypeError(`expected cors to be true or an object, found ${typeof rules}`);
  const { origin, credentials = false, maxAge = 0 } = rules;
  const origins = typeof origin === 'function' ? [] : [origin ?? '*'].flat();
  for (const one of origins) {
    if (!(one instanceof RegExp || one === '*' || isOrigin(one))) {
      throw new TypeError(
        `expected cors.origin to have origins, such as "https://example.com", found ${JSON.stringify(one)}`,
      );
    }
  }
  if (typeof credentials !== 'boolean') {
    throw new TypeError(`expected cors.credentials to be a boolean, found ${typeof credentials}`);
  }
  // [spec] Browsers refuse the two together; echoing every origin instead would let any page act as the user.
  if (credentials && origins.includes('*')) {
    throw new TypeError('expected cors.origin to name who may send credentials, found "*"');
  }
  if (!Number.isInteger(maxAge) || maxAge < 0) {
    throw new RangeError(`expected cors.maxAge to be a whole number of seconds, found ${String(maxAge)}`);
  }
  for (const name of ['allowHeaders', 'allowMethods', 'exposeHeaders'] as const) {
    const list: unknown = rules[name] ?? [];
    if (!Array.isArray(list) || !list.every((item) => typeof item === 'string' && TOKEN.test(item))) {
      throw new TypeError(`expected cors.${name} to be a list of names, found ${JSON.stringify(list)}`);
    }
  }
  return rules;
}

/** As browsers write them: in lower case, without a default port, a path or a slash at the end. `null` has to be asked for. */
function isOrigin(text: unknown): boolean {
  if (typeof text !== 'string' || !/^(?:null|[a-z][a-z\d+.-]*:\/\/[^/?#\s]+)$/i.test(text)) return false;
  if (!/^https?:/i.test(text)) return true;
  try {
    return new URL(text).origin === text.toLowerCase();
  } catch {
    return false;
  }
}
