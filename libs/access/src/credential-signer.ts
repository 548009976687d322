import { createHmac, timingSafeEqual } from 'node:crypto';
import { formatMachineKey, parseMachineKey, type MachineKey } from '@app/storage';

/** Who speaks: a machine for itself, or a relay for the machines of an organisation. */
export type Speaker =
  | { readonly kind: 'MACHINE'; readonly key: MachineKey; readonly generation: number }
  | { readonly kind: 'RELAY'; readonly relayId: string; readonly organisationCode: string };

/** Why a credential says nothing: it is none of ours, or its time has passed. */
export type CredentialRefusal = 'CREDENTIAL_INVALID' | 'CREDENTIAL_EXPIRED';

/** A shorter key could be guessed. */
export const SIGNING_KEY_BYTES_MIN = 32;

const MACHINE_PREFIX = 'm1';
const RELAY_PREFIX = 'r1';

/**
 * Signs credentials and recognises them again without asking anybody: HMAC-SHA-256 over what they say. The hot path needs no
 * look-up for them; revoking a machine's credential raises the generation in the row that is read anyway, and a relay's has a
 * row of its own. The time of expiry is compared with our clock, never with a client's.
 */
export class CredentialSigner {
  constructor(private readonly key: Buffer) {
    if (key.length < SIGNING_KEY_BYTES_MIN)
      throw new Error(`a signing key needs ${SIGNING_KEY_BYTES_MIN} bytes or more`);
  }

  signMachine(key: MachineKey, generation: number, expiresAtMs: number): string {
    return this.sign(MACHINE_PREFIX, [
      formatMachineKey(key),
      String(generation),
      String(Math.floor(expiresAtMs / 1_000)),
    ]);
  }

  signRelay(relayId: string, organisationCode: string, expiresAtMs: number | null): string {
    const expires = expiresAtMs === null ? '' : String(Math.floor(expiresAtMs / 1_000));
    return this.sign(RELAY_PREFIX, [relayId, organisationCode, expires]);
  }

  /** Who a credential speaks for, or why it is refused. */
  verify(credential: string, nowMs: number): Speaker | CredentialRefusal {
    const [prefix, payload, mac, ...rest] = credential.split('.');
    if (prefix === undefined || payload === undefined || mac === undefined || rest.length > 0)
      return 'CREDENTIAL_INVALID';
    if (!this.isGenuine(`${prefix}.${payload}`, mac)) return 'CREDENTIAL_INVALID';
    const [subject, detail, expires] = Buffer.from(payload, 'base64url').toString('utf8').split('~');
    if (subject === undefined || detail === undefined || expires === undefined) return 'CREDENTIAL_INVALID';
    if (expires !== '' && Number(expires) * 1_000 <= nowMs) return 'CREDENTIAL_EXPIRED';
    if (prefix === RELAY_PREFIX) return { kind: 'RELAY', relayId: subject, organisationCode: detail };
    const key = parseMachineKey(subject);
    return key === null ? 'CREDENTIAL_INVALID' : { kind: 'MACHINE', key, generation: Number(detail) };
  }

  private sign(prefix: string, fields: readonly string[]): string {
    const signed = `${prefix}.${Buffer.from(fields.join('~'), 'utf8').toString('base64url')}`;
    return `${signed}.${this.mac(signed)}`;
  }

  private isGenuine(signed: string, mac: string): boolean {
    const expected = this.mac(signed);
    return expected.length === mac.length && timingSafeEqual(Buffer.from(expected), Buffer.from(mac));
  }

  private mac(signed: string): string {
    return createHmac('sha256', this.key).update(signed).digest('base64url');
  }
}
