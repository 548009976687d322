import { raiseGeneration, type Database, type MachineKey } from '@app/storage';

/** Takes a machine's credentials away, at once; enrolling again with a token yields a new one. */
export class RevokeCredential {
  constructor(private readonly database: Database) {}

  /** @returns false when there is no such machine */
  async revoke(key: MachineKey): Promise<boolean> {
    return raiseGeneration(this.database.pool, key);
  }
}
