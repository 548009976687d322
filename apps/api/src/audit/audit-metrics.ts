import { Logger } from '@nestjs/common';
import type { AuditFinding, AuditObserver, AuditRecord } from '@app/access';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What operators watch of the audit log. No label holds a name: actions are a closed list. */
export class AuditMetrics implements AuditObserver {
  private readonly logger = new Logger('audit');
  private readonly entries: Counter<'action'>;
  private readonly failures: Counter;
  private readonly seconds: Histogram;
  private readonly brokenGauge: Gauge;
  private failing = false;

  constructor(registry: Registry) {
    const registers = [registry];
    this.entries = new Counter({
      name: 'recovery_audit_entries_total',
      help: 'Entries of the audit log written by this process, by action',
      labelNames: ['action'],
      registers,
    });
    this.failures = new Counter({
      name: 'recovery_audit_failures_total',
      help: 'Records that could not be written; what they would have recorded was refused',
      registers,
    });
    this.seconds = new Histogram({
      name: 'recovery_audit_append_seconds',
      help: 'Time one append took, its commit included',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
      registers,
    });
    this.brokenGauge = new Gauge({
      name: 'recovery_audit_broken',
      help: '1 once this process has found the audit log cut or rewritten; run audit:verify',
      registers,
    });
  }

  appended(records: readonly AuditRecord[], tookMs: number): void {
    for (const { action } of records) this.entries.inc({ action });
    this.seconds.observe(tookMs / 1_000);
    if (this.failing) this.logger.log({ event: 'audit_writes_again' });
    this.failing = false;
  }

  /** Told once: while it lasts every reading of machines would tell it again. */
  failed(records: number, error: unknown): void {
    this.failures.inc(records);
    if (!this.failing)
      this.logger.error({
        event: 'audit_write_failed',
        error: error instanceof Error ? error.message : String(error),
      });
    this.failing = true;
  }

  broken(finding: AuditFinding): void {
    this.brokenGauge.set(1);
    this.logger.error({ event: 'audit_broken', ...finding });
  }
}
