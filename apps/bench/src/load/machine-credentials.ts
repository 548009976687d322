import { CredentialSigner } from '@app/access';
import { machineIdOf, practiceCodeOf, type FleetShape } from '../fleet/fleet-shape';

/** Machines that report one by one; more would only cost memory. */
const SPEAKING_MACHINES_MAX = 225_000;
/** Every machine was enrolled once. */
const GENERATION = 1;
const VALID_FOR_MS = 365 * 86_400_000;

/**
 * The credentials of machines evenly chosen from the fleet, made before anything is measured. All are of one
 * length.
 */
export class MachineCredentials {
  readonly count: number;
  private readonly step: number;
  private readonly bytes: Buffer;
  private readonly length: number;

  constructor(shape: FleetShape, signingKey: Buffer, nowMs: number) {
    this.count = Math.min(shape.machines, SPEAKING_MACHINES_MAX);
    this.step = Math.floor(shape.machines / this.count);
    const signer = new CredentialSigner(signingKey);
    const sign = (place: number): string => {
      const index = this.machineAt(place);
      const key = { practiceId: practiceCodeOf(shape, index), machineId: machineIdOf(index) };
      return signer.signMachine(key, GENERATION, nowMs + VALID_FOR_MS);
    };
    this.length = sign(0).length;
    this.bytes = Buffer.alloc(this.count * this.length);
    for (let place = 0; place < this.count; place += 1)
      this.bytes.write(sign(place), place * this.length, 'latin1');
  }

  machineAt(place: number): number {
    return place * this.step;
  }

  /** A credential as a sample of the length. */
  sample(): string {
    return this.bytes.toString('latin1', 0, this.length);
  }

  write(target: Buffer, at: number, place: number): void {
    this.bytes.copy(target, at, place * this.length, (place + 1) * this.length);
  }
}
