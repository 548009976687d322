/** What an attacker may have got hold of. */
export type Loot = {
  readonly adminToken: string;
  readonly relay: string;
  readonly enrolmentToken: string;
  readonly practice: string;
  readonly machines: readonly { readonly machineId: string; readonly credential: string }[];
  /** The service's time, so that a clock is never really moved. */
  readonly now: string;
  readonly cursor: string;
};
