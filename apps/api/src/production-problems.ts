import { keyWeakness, secretWeakness } from '@app/access';
import type { ClockSetting } from './recovery-clock';
import type { Transport } from './transport-settings';

/** The settings that are good enough for a desk and not for real machines. */
type Judged = {
  readonly adminToken: string | null;
  readonly credentialKeys: readonly Buffer[] | null;
  readonly auditKeys: readonly Buffer[] | null;
  readonly clock: ClockSetting;
  readonly transport: Transport;
};

/** Why settings must not be used in production; empty when they may. Secrets made at the first start are random. */
export function productionProblems(settings: Judged): readonly string[] {
  const { adminToken, credentialKeys, auditKeys, clock, transport } = settings;
  const problems: string[] = [];
  if (clock.kind !== 'REAL') problems.push('RECOVERY_CLOCK must not be set in production');
  if (transport.tls === null && transport.trustedProxies.length === 0) {
    problems.push(
      'in production TLS_KEY_FILE and TLS_CERT_FILE are needed, or TRUSTED_PROXIES with the proxy that speaks TLS',
    );
  }
  const token = adminToken === null ? null : secretWeakness(adminToken);
  if (token !== null) problems.push(`ADMIN_TOKEN ${token}: it must be random in production`);
  const keys = [
    ...(credentialKeys ?? []).map((key) => ['CREDENTIAL_KEY', key] as const),
    ...(auditKeys ?? []).map((key) => ['AUDIT_KEY', key] as const),
  ];
  for (const [name, key] of keys) {
    const weakness = keyWeakness(key);
    if (weakness !== null) problems.push(`${name} ${weakness}: it must be random in production`);
  }
  return problems;
}
