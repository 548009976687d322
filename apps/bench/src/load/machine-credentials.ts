import { CredentialSigner } from '@app/access';
import { machineIdOf, practiceCodeOf, type FleetShape } from '../fleet/fleet-shape';

/** Machines that report one by one; more would only cost memory. */
const SPEAKING_MACHINES_MAX = 225_000;
/** Every machine was enrolled once. */
const GENERATION = 1;
const VALID_FOR_MS = 365 * 86_400_000;

/**
 * The credentials of machines evenly chosen from those that report, made before anything is measured. All are of one
 * length.
 */
export class MachineCredentials {
  readonly count: number;
  private readonly step: number;
  private readonly bytes: Buffer;
  private readonly length: number;

  constructor(
    shape: FleetShape,
    private readonly speakers: Uint32Array,
    signingKey: Buffer,
    nowMs: number,
  ) {
    this.count = Math.min(speakers.length, SPEAKING_MACHINES_MAX);
    this.step = Math.floor(speakers.length / this.count);
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
    return this.speakers[place * this.step] as number;
  }

  /** A credential as a sample of the length. */
  sample(): string {
    return this.bytes.toString('latin1', 0, this.length);
  }

  write(target: Buffer, at: number, place: number): void {
    this.bytes.copy(target, at, place * this.length, (place + 1) * this.length);
  }
}
