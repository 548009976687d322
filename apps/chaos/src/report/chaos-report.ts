import { cpus, totalmem } from 'node:os';
import type { Scale, Tried } from '../scenario';

/** One scenario, told. */
export type ScenarioReport = {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly tried: readonly Tried[];
  readonly findings: readonly string[];
};

/** What a whole run tried and found. */
export type ChaosReport = {
  readonly seed: string;
  readonly scale: Scale;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly node: string;
  };
  readonly scenarios: readonly ScenarioReport[];
  readonly findings: number;
};

const GIB = 1024 ** 3;

/** Adds up what the scenarios say. */
export function makeReport(seed: string, scale: Scale, scenarios: readonly ScenarioReport[]): ChaosReport {
  const processors = cpus();
  const machine = {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round((totalmem() / GIB) * 10) / 10,
    node: process.version,
  };
  const findings = scenarios.reduce((sum, scenario) => sum + scenario.findings.length, 0);
  return { seed, scale, machine, scenarios, findings };
}
