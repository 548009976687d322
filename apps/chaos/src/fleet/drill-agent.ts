import type { Heartbeat } from '@app/recovery';
import type { SeededRandom } from '../seeded-random';
import { MachineLife } from './machine-life';
import type { Happening, Witness } from './witness';

/** What identifies a machine at enrolment. */
export type Identity = {
  readonly installationId: string;
  readonly practice: string;
  readonly hostname: string;
  readonly serialNumber: string;
  readonly smbiosUuid: string;
};

/** A machine of the drill: what it is, what it reports, what it was answered, and what must follow from that. */
export class DrillAgent {
  readonly life: MachineLife;
  /** Its identity at the service and the credential that holds; null before it is enrolled. */
  enrolled: { readonly machineId: string; readonly credential: string } | null = null;
  witness: Witness | null = null;
  /** What happened in this round, in order, and how much of it may have come before the sweep. */
  happenings: Happening[] = [];
  ambiguous = 0;
  /** The last report that was answered for. */
  lastTaken: Heartbeat | null = null;
  /** When it was received, by the service's clock. */
  lastTakenAtMs = 0;
  /** Rounds in which it says nothing. */
  silentRounds = 0;
  /** Another installation took its place. */
  isReplaced = false;
  /** Why nothing can be said about it any more. */
  broken: string | null = null;

  constructor(
    readonly identity: Identity,
    readonly random: SeededRandom,
  ) {
    this.life = new MachineLife(identity.hostname, random);
  }

  /** Whether it can report now. */
  get canReport(): boolean {
    return this.enrolled !== null && !this.isReplaced && this.broken === null;
  }

  /** @param overlapsSweep the sweep of this round was not over when it began */
  note(happening: Happening, overlapsSweep: boolean): void {
    this.happenings.push(happening);
    if (overlapsSweep) this.ambiguous = this.happenings.length;
  }

  /** Leads what happened in this round through the rules. @returns false when answers contradict the rules */
  closeRound(sweptUntilMs: number): boolean {
    this.witness?.round(this.happenings, sweptUntilMs, this.ambiguous);
    const contradicted = this.witness?.possible.length === 0 && !this.witness.isUnknowable;
    if (!contradicted) this.happenings = [];
    this.ambiguous = 0;
    return !contradicted;
  }
}

/** Machines of some practices, the same for the same seed. */
export function makeAgents(count: number, practices: readonly string[], random: SeededRandom): DrillAgent[] {
  return Array.from({ length: count }, (_, i) => {
    const own = random.fork(`machine-${i}`);
    return new DrillAgent(makeIdentity(`pc-${i}`, practices[i % practices.length] as string, own), own);
  });
}

/** The same hardware with a new Windows: a new installation. */
export function reimaged(agent: DrillAgent, times: number): DrillAgent {
  const { identity, random } = agent;
  const own = random.fork(`reimaged-${times}`);
  const installationId = `${identity.installationId}-r${times}`;
  return new DrillAgent({ ...identity, installationId, hostname: `${identity.hostname}r` }, own);
}

function makeIdentity(name: string, practice: string, random: SeededRandom): Identity {
  return {
    installationId: `install-${name}-${random.hex(12)}`,
    practice,
    hostname: name.toUpperCase(),
    serialNumber: `SN${random.hex(10)}`,
    smbiosUuid: `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`,
  };
}
