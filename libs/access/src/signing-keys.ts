import { createHash } from 'node:crypto';

/** A shorter key could be guessed. */
export const SIGNING_KEY_BYTES_MIN = 32;

/** Characters of a key's name: enough that two keys of one installation never share one, short enough for every credential. */
const ID_CHARACTERS = 6;

/** A key that signs credentials, with the name that credentials know it by. */
type SigningKey = { readonly id: string; readonly bytes: Buffer };

/**
 * The keys of an installation. The first one signs, all of them verify, so that a new key can take over without a machine noticing:
 * put it last everywhere, then first, and take the old one away when no credential is signed by it any more.
 *
 * A key is named by its own hash: operators number nothing, and cannot give one name to two keys.
 */
export class SigningKeys {
  private readonly byId: ReadonlyMap<string, SigningKey>;
  readonly newest: SigningKey;
  readonly all: readonly SigningKey[];

  /** @throws Error when there is none, or one is too short */
  constructor(keys: readonly Buffer[]) {
    const [newest, ...older] = keys.map((bytes) => {
      if (bytes.length < SIGNING_KEY_BYTES_MIN)
        throw new Error(`a signing key needs ${SIGNING_KEY_BYTES_MIN} bytes or more`);
      return { id: nameOf(bytes), bytes };
    });
    if (newest === undefined) throw new Error('a signing key is needed');
    this.newest = newest;
    this.all = [newest, ...older];
    this.byId = new Map(this.all.map((key) => [key.id, key]));
  }

  /** The key of a name; undefined when it is none of ours, or was taken away. */
  find(id: string): SigningKey | undefined {
    return this.byId.get(id);
  }
}

function nameOf(bytes: Buffer): string {
  return createHash('sha256')
    .update('signing key ')
    .update(bytes)
    .digest('base64url')
    .slice(0, ID_CHARACTERS);
}
