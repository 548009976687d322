import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { CredentialSigner, type Speaker } from './credential-signer';

const KEY = { practiceId: 'P82011', machineId: '3f0c5d1e-0000-4000-8000-00000000abcd' };
const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2024-07-19T09:00:00Z');
const [OLD, NEW, OTHER] = [randomBytes(32), randomBytes(32), randomBytes(32)] as [Buffer, Buffer, Buffer];
const LIFE = { validMs: 90 * DAY_MS, overlapMs: 60 * DAY_MS };

function speaker(signer: CredentialSigner, credential: string, nowMs = NOW_MS): Speaker {
  const found = signer.verify(credential, nowMs);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

describe('a credential', () => {
  const signer = new CredentialSigner(OLD, LIFE);

  it('says what was signed, until its time has passed', () => {
    const machine = signer.signMachine(KEY, 3, NOW_MS + 1_000);
    expect(signer.verify(machine, NOW_MS)).toMatchObject({ kind: 'MACHINE', key: KEY, generation: 3 });
    expect(signer.verify(machine, NOW_MS + 999)).toMatchObject({ kind: 'MACHINE' });
    expect(signer.verify(machine, NOW_MS + 1_000)).toBe('CREDENTIAL_EXPIRED');
    const relay = signer.signRelay('relay', 'QOP', null);
    expect(signer.verify(relay, Number.MAX_SAFE_INTEGER)).toEqual({
      kind: 'RELAY',
      relayId: 'relay',
      organisationCode: 'QOP',
      expiresAtMs: null,
      renewalDue: false,
    });
  });

  it('is due for renewal in the last two thirds of its life', () => {
    const credential = signer.signMachine(KEY, 1, NOW_MS + LIFE.validMs);
    expect(speaker(signer, credential).renewalDue).toBe(false);
    expect(speaker(signer, credential, NOW_MS + 30 * DAY_MS - 1).renewalDue).toBe(false);
    expect(speaker(signer, credential, NOW_MS + 30 * DAY_MS).renewalDue).toBe(true);
  });

  it('is worth nothing once one character of it was changed, left out or added', () => {
    const credential = signer.signMachine(KEY, 1, NOW_MS + DAY_MS);
    const place = fc.nat(credential.length - 1);
    const character = fc.constantFrom('A', 'B', 'C', 'a', 'b', 'c', '0', '1', '9', '-', '_', '.', '~');
    fc.assert(
      fc.property(place, character, (at, other) => {
        if (credential[at] === other) return;
        const forged = credential.slice(0, at) + other + credential.slice(at + 1);
        // The last character of base64 holds bits that mean nothing; a text that differs is refused all the same.
        expect(signer.verify(forged, NOW_MS)).toBe('CREDENTIAL_INVALID');
        expect(signer.verify(credential.slice(0, at), NOW_MS)).toBe('CREDENTIAL_INVALID');
        expect(signer.verify(credential + other, NOW_MS)).toBe('CREDENTIAL_INVALID');
      }),
    );
  });

  it('is refused, and nothing breaks, whatever is shown for one', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(signer.verify(text, NOW_MS)).toBe('CREDENTIAL_INVALID');
      }),
    );
  });
});

describe('signing keys', () => {
  it('take over without anybody noticing: the first signs, all of them verify', () => {
    const before = new CredentialSigner([OLD]).signMachine(KEY, 1, NOW_MS + LIFE.validMs);
    const during = new CredentialSigner([NEW, OLD]);
    expect(speaker(during, before)).toMatchObject({ key: KEY, renewalDue: true });
    const fresh = during.signMachine(KEY, 1, NOW_MS + LIFE.validMs);
    expect(speaker(during, fresh).renewalDue).toBe(false);
    const after = new CredentialSigner([NEW]);
    expect(speaker(after, fresh).renewalDue).toBe(false);
    expect(after.verify(before, NOW_MS)).toBe('CREDENTIAL_INVALID');
    // A process that got the new key to verify only, before the others sign with it.
    expect(speaker(new CredentialSigner([OLD, NEW]), fresh)).toMatchObject({ key: KEY, renewalDue: true });
    expect(new CredentialSigner([OTHER]).verify(fresh, NOW_MS)).toBe('CREDENTIAL_INVALID');
  });

  it('know credentials from before keys had names', () => {
    const payload = `m1.${Buffer.from(`P82011.${KEY.machineId}~1~${(NOW_MS + DAY_MS) / 1_000}`).toString('base64url')}`;
    const unnamed = `${payload}.${createHmac('sha256', OLD).update(payload).digest('base64url')}`;
    for (const keys of [[OLD], [NEW, OLD]]) {
      expect(speaker(new CredentialSigner(keys), unnamed)).toMatchObject({ key: KEY, renewalDue: true });
    }
    expect(new CredentialSigner([NEW]).verify(unnamed, NOW_MS)).toBe('CREDENTIAL_INVALID');
  });

  it('cannot be borrowed: the name of another key does not help', () => {
    const mine = new CredentialSigner([OLD]).signMachine(KEY, 1, NOW_MS + DAY_MS);
    const named = new CredentialSigner([NEW]).signMachine(KEY, 1, NOW_MS + DAY_MS).split('.')[0] ?? '';
    const [, payload, mac] = mine.split('.');
    expect(new CredentialSigner([NEW, OLD]).verify(`${named}.${payload}.${mac}`, NOW_MS)).toBe(
      'CREDENTIAL_INVALID',
    );
  });

  it('are needed, and long enough', () => {
    expect(() => new CredentialSigner([])).toThrow(/needed/);
    expect(() => new CredentialSigner([NEW, Buffer.alloc(31)])).toThrow(/32 bytes/);
  });
});
