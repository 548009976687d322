import type { ReconciliationObserver, ReconciliationReport, WriteObserver } from '@app/tracking';
import type { Pool } from 'pg';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { within } from './within';
import { AgentVersions } from './heartbeats/agent-version';
import { fieldToCount, type FieldWarning } from './wire/field-warnings';

/** What operators watch, in the Prometheus format. No label ever holds a machine, a practice or a secret. */
export class Metrics implements WriteObserver, ReconciliationObserver {
  readonly registry = new Registry();
  /** Raised by every commit of this process that changes progress: an answer of another version may be out of date. */
  progressVersion = 0;

  private readonly heartbeats = new Counter({
    name: 'recovery_heartbeats_total',
    help: 'Heartbeats by outcome',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  private readonly requestsRefused = new Counter({
    name: 'recovery_report_requests_refused_total',
    help: 'Whole report requests that were refused, by code',
    labelNames: ['code'],
    registers: [this.registry],
  });
  private readonly leftOut = new Counter({
    name: 'recovery_values_left_out_total',
    help: 'Optional values of heartbeats and enrolments that could not be read and were left out, by field and version of the agent',
    labelNames: ['item', 'field', 'agent_version'],
    registers: [this.registry],
  });
  private readonly agents = new AgentVersions();
  private readonly batchSize = new Histogram({
    name: 'recovery_batch_heartbeats',
    help: 'Heartbeats in one transaction',
    buckets: [1, 5, 20, 50, 100, 250, 500, 1_000, 2_000],
    registers: [this.registry],
  });
  private readonly commitSeconds = new Histogram({
    name: 'recovery_commit_seconds',
    help: 'Time from taking a batch to its commit',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [this.registry],
  });
  private readonly races = new Counter({
    name: 'recovery_races_lost_total',
    help: 'Machines decided again because another process wrote them first',
    registers: [this.registry],
  });
  private readonly sweepLag = new Gauge({
    name: 'recovery_sweep_lag_seconds',
    help: 'How long the oldest deadline of the last sweep had passed',
    registers: [this.registry],
  });
  private readonly sweepSeconds = new Histogram({
    name: 'recovery_sweep_seconds',
    help: 'Time one sweep took',
    buckets: [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [this.registry],
  });
  private readonly sweepMoved = new Counter({
    name: 'recovery_sweep_transitions_total',
    help: 'Machines moved by silence',
    registers: [this.registry],
  });
  private readonly sweepHeld = new Counter({
    name: 'recovery_sweep_held_total',
    help: 'Times that the silence of a machine was held, because its whole practice is silent or has only just spoken again',
    registers: [this.registry],
  });
  private readonly drift = new Gauge({
    name: 'recovery_drift',
    help: 'Errors in the books that the last reconciliation found and did not put right, by kind',
    labelNames: ['kind'],
    registers: [this.registry],
  });
  private readonly reconciledAt = new Gauge({
    name: 'recovery_reconciled_timestamp_seconds',
    help: 'When the last reconciliation began, by the service clock; 0 before the first',
    registers: [this.registry],
  });
  private readonly reconcileSeconds = new Gauge({
    name: 'recovery_reconcile_seconds',
    help: 'Time the last reconciliation took, rests included',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Gauges that are read when somebody looks. */
  watch(sources: {
    readonly queueDepth: () => number;
    readonly isBlind: () => boolean;
    readonly reportsPutOffMs: () => number;
    readonly pool: Pool;
  }): void {
    new Gauge({
      name: 'recovery_reports_put_off_seconds',
      help: 'By how much more than the interval the next sender is put off, because many came at once',
      registers: [this.registry],
      collect() {
        this.set(sources.reportsPutOffMs() / 1_000);
      },
    });
    new Gauge({
      name: 'recovery_queue_heartbeats',
      help: 'Heartbeats that wait for their batch',
      registers: [this.registry],
      collect() {
        this.set(sources.queueDepth());
      },
    });
    new Gauge({
      name: 'recovery_blind',
      help: '1 while reports cannot be taken',
      registers: [this.registry],
      collect() {
        this.set(sources.isBlind() ? 1 : 0);
      },
    });
    const figures = new LastKnown(() => readFigures(sources.pool));
    new Gauge({
      name: 'recovery_silent_sites',
      help: 'Practices that are silent as a whole while machines of theirs are awaited; NaN while the database cannot be asked',
      registers: [this.registry],
      async collect() {
        this.set((await figures.read()).silentSites);
      },
    });
    new Gauge({
      name: 'recovery_status_hot_ratio',
      help: 'Share of status updates that stayed within their page (HOT); a falling value means that the table swells',
      registers: [this.registry],
      async collect() {
        this.set((await figures.read()).hotRatio);
      },
    });
  }

  /** @param outcomes one for each heartbeat of a request */
  countOutcomes(outcomes: readonly { readonly outcome: string }[]): void {
    let [current, heartbeats] = ['', 0];
    // Runs of one outcome are counted together; nearly every request is one run.
    for (const { outcome } of outcomes) {
      if (outcome !== current && heartbeats > 0) {
        this.heartbeats.inc({ outcome: current }, heartbeats);
        heartbeats = 0;
      }
      current = outcome;
      heartbeats += 1;
    }
    if (heartbeats > 0) this.heartbeats.inc({ outcome: current }, heartbeats);
  }

  /** What had to be left out of one item, so that a broken agent is seen on the dashboard before its machines are missed. */
  countLeftOut(
    item: 'heartbeat' | 'enrolment',
    warnings: readonly FieldWarning[],
    agentVersion: string | null,
    userAgent: string | undefined,
  ): void {
    const agent_version = this.agents.labelOf(agentVersion, userAgent);
    for (const warning of warnings) this.leftOut.inc({ item, field: fieldToCount(warning), agent_version });
  }

  countRefusedRequest(code: string): void {
    this.requestsRefused.inc({ code });
  }

  batchCommitted(heartbeats: number, commitMs: number): void {
    this.batchSize.observe(heartbeats);
    this.commitSeconds.observe(commitMs / 1_000);
  }

  racesLost(machines: number): void {
    this.races.inc(machines);
  }

  swept(_machines: number, moved: number, lagMs: number, tookMs: number): void {
    this.sweepLag.set(lagMs / 1_000);
    this.sweepSeconds.observe(tookMs / 1_000);
    this.sweepMoved.inc(moved);
  }

  silenceHeld(machines: number): void {
    this.sweepHeld.inc(machines);
  }

  reconciled({ atMs, tookMs, kinds }: ReconciliationReport): void {
    for (const { kind, found, repaired } of kinds) this.drift.set({ kind }, found - repaired);
    this.reconciledAt.set(atMs / 1_000);
    this.reconcileSeconds.set(tookMs / 1_000);
  }

  progressChanged(): void {
    this.progressVersion += 1;
  }
}

/** What the database is asked when somebody looks. NaN: it could not be asked, and unknown is not zero. */
type Figures = { readonly silentSites: number; readonly hotRatio: number };

const UNKNOWN: Figures = { silentSites: Number.NaN, hotRatio: Number.NaN };
/** Whoever looks does not wait longer for the database. */
const FIGURES_WAIT_MS = 500;

/** Reads once for all who look at the same time; a database that hangs is asked once, and nobody waits for it. */
class LastKnown {
  private reading: Promise<Figures> | null = null;

  constructor(private readonly ask: () => Promise<Figures>) {}

  async read(): Promise<Figures> {
    this.reading ??= this.ask()
      .catch(() => UNKNOWN)
      .finally(() => (this.reading = null));
    return within(this.reading, FIGURES_WAIT_MS, UNKNOWN);
  }
}

async function readFigures(pool: Pool): Promise<Figures> {
  const { rows } = await pool.query<{ silent_sites: number; hot_ratio: number | null }>(
    `SELECT (SELECT count(*)::int FROM site_silence WHERE ended_at IS NULL) AS silent_sites,
            (SELECT n_tup_hot_upd::float8 / NULLIF(n_tup_upd, 0) FROM pg_stat_user_tables
             WHERE relname = 'machine_status') AS hot_ratio`,
  );
  const [row] = rows;
  return { silentSites: row?.silent_sites ?? Number.NaN, hotRatio: row?.hot_ratio ?? Number.NaN };
}
