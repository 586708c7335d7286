/** Ids that a client cannot make up: a position, a dot, and the first 16 bytes of its HMAC-SHA-256 as base64url. */

const BYTES = 16;
const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' };
const encoder = new TextEncoder();

export class Signer {
  /** Made when the first id is signed: a runtime may not allow it at module scope. */
  #key: Promise<CryptoKey> | undefined;
  readonly #secret: Uint8Array<ArrayBuffer>;

  constructor(secret: string | Uint8Array) {
    if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
      throw new TypeError(`expected ids.secret to be a string or bytes, found ${typeof secret}`);
    }
    this.#secret = typeof secret === 'string' ? encoder.encode(secret) : Uint8Array.from(secret);
    if (this.#secret.length < BYTES) {
      throw new RangeError(`expected a secret of at least ${BYTES} bytes, found ${this.#secret.length}`);
    }
  }

  async sign(position: string): Promise<string> {
    this.#key ??= crypto.subtle.importKey('raw', this.#secret, ALGORITHM, false, ['sign']);
    const mac = await crypto.subtle.sign('HMAC', await this.#key, encoder.encode(position));
    const text = btoa(String.fromCharCode(...new Uint8Array(mac, 0, BYTES)));
    return `${position}.${text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')}`;
  }

  /** The position of an id that this secret has signed. */
  async verify(id: string): Promise<string | undefined> {
    const [position = ''] = id.split('.');
    const expected = await this.sign(position);
    // All of it is compared, so that the time it takes tells nothing of where a guess is wrong.
    let differs = expected.length ^ id.length;
    for (let at = 0; at < expected.length; at++) differs |= expected.charCodeAt(at) ^ id.charCodeAt(at);
    return differs ? undefined : position;
  }
}
