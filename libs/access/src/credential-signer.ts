import { createHmac, timingSafeEqual } from 'node:crypto';
import { formatMachineKey, parseMachineKey, type MachineKey } from '@app/storage';
import { SigningKeys } from './signing-keys';

/** Who speaks: a machine for itself, or a relay for the machines of an organisation. */
export type Speaker =
  | {
      readonly kind: 'MACHINE';
      readonly key: MachineKey;
      readonly generation: number;
      /** Its credential is in the last part of its life, or signed by an older key: the answer should carry a fresh one. */
      readonly renewalDue: boolean;
    }
  | {
      readonly kind: 'RELAY';
      readonly relayId: string;
      readonly organisationCode: string;
      readonly expiresAtMs: number | null;
      readonly renewalDue: boolean;
    };

/** Why a credential says nothing: it is none of ours, or its time has passed. */
export type CredentialRefusal = 'CREDENTIAL_INVALID' | 'CREDENTIAL_EXPIRED';

/** How long a credential is good, and how long before its end a fresh one is offered: until then both are. */
export type CredentialLife = { readonly validMs: number; readonly overlapMs: number };

const DAY_MS = 86_400_000;

/**
 * A machine that is heard at least once in two months always has a good credential; one that was away for longer enrols again.
 * Nobody uses a credential that somebody kept for more than three.
 */
const DEFAULT_CREDENTIAL_LIFE: CredentialLife = { validMs: 90 * DAY_MS, overlapMs: 60 * DAY_MS };

type CredentialFields = {
  readonly prefix: string;
  readonly subject: string;
  readonly detail: string;
  readonly expiresAtMs: number | null;
};

const MACHINE_PREFIX = 'm1';
const RELAY_PREFIX = 'r1';
/** Between the prefix and the name of the key. */
const KEY_MARK = '-';

/**
 * Signs credentials and recognises them again without asking anybody: HMAC-SHA-256 over what they say. The hot path needs no
 * look-up for them; revoking a machine's credential raises the generation in the row that is read anyway, and a relay's has a
 * row of its own. The time of expiry is compared with our clock, never with a client's.
 */
export class CredentialSigner {
  private readonly keys: SigningKeys;
  private readonly newestMark: string;

  constructor(
    keys: Buffer | readonly Buffer[],
    readonly life: CredentialLife = DEFAULT_CREDENTIAL_LIFE,
  ) {
    this.keys = new SigningKeys(Buffer.isBuffer(keys) ? [keys] : keys);
    this.newestMark = KEY_MARK + this.keys.newest.id;
  }

  signMachine(key: MachineKey, generation: number, expiresAtMs: number): string {
    return this.sign(MACHINE_PREFIX, [
      formatMachineKey(key),
      String(generation),
      String(Math.floor(expiresAtMs / 1_000)),
    ]);
  }

  /** @param expiresAtMs null: never */
  signRelay(relayId: string, organisationCode: string, expiresAtMs: number | null): string {
    const expires = expiresAtMs === null ? '' : String(Math.floor(expiresAtMs / 1_000));
    return this.sign(RELAY_PREFIX, [relayId, organisationCode, expires]);
  }

  /** Who a credential speaks for, or why it is refused. */
  verify(credential: string, nowMs: number): Speaker | CredentialRefusal {
    const fields = this.read(credential);
    if (fields === null) return 'CREDENTIAL_INVALID';
    const { prefix, subject, detail, expiresAtMs } = fields;
    if (expiresAtMs !== null && expiresAtMs <= nowMs) return 'CREDENTIAL_EXPIRED';
    const isEnding = expiresAtMs !== null && expiresAtMs - nowMs <= this.life.overlapMs;
    const renewalDue = isEnding || !prefix.endsWith(this.newestMark);
    if (prefix.startsWith(RELAY_PREFIX))
      return { kind: 'RELAY', relayId: subject, organisationCode: detail, expiresAtMs, renewalDue };
    const key = parseMachineKey(subject);
    if (key === null) return 'CREDENTIAL_INVALID';
    return { kind: 'MACHINE', key, generation: Number(detail), renewalDue };
  }

  /** Which machine a genuine credential was given to, also when its time has passed; null: it is none of ours, or a relay's. */
  provenMachine(credential: string): { readonly key: MachineKey; readonly generation: number } | null {
    const fields = this.read(credential);
    if (!fields?.prefix.startsWith(MACHINE_PREFIX)) return null;
    const key = parseMachineKey(fields.subject);
    return key === null ? null : { key, generation: Number(fields.detail) };
  }

  private read(credential: string): CredentialFields | null {
    const [prefix, payload, mac, ...rest] = credential.split('.');
    if (prefix === undefined || payload === undefined || mac === undefined || rest.length > 0) return null;
    if (!this.isGenuine(prefix, `${prefix}.${payload}`, mac)) return null;
    const [subject, detail, expires] = Buffer.from(payload, 'base64url').toString('utf8').split('~');
    if (subject === undefined || detail === undefined || expires === undefined) return null;
    return { prefix, subject, detail, expiresAtMs: expires === '' ? null : Number(expires) * 1_000 };
  }

  private sign(prefix: string, fields: readonly string[]): string {
    const signed = `${prefix}${this.newestMark}.${Buffer.from(fields.join('~'), 'utf8').toString('base64url')}`;
    return `${signed}.${macOf(this.keys.newest.bytes, signed)}`;
  }

  private isGenuine(prefix: string, signed: string, mac: string): boolean {
    const mark = prefix.indexOf(KEY_MARK);
    if (mark >= 0) {
      const key = this.keys.find(prefix.slice(mark + 1));
      return key !== undefined && isEqual(macOf(key.bytes, signed), mac);
    }
    // From before keys had names: any of ours may have signed it.
    return this.keys.all.some((key) => isEqual(macOf(key.bytes, signed), mac));
  }
}

function macOf(key: Buffer, signed: string): string {
  return createHmac('sha256', key).update(signed).digest('base64url');
}

function isEqual(expected: string, presented: string): boolean {
  return (
    expected.length === presented.length && timingSafeEqual(Buffer.from(expected), Buffer.from(presented))
  );
}
