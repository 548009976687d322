import { coreHours, type HoursOf } from '@app/recovery';
import type { Client } from './client';

const CORE = coreHours();

/** Core hours for every practice: nothing was entered. */
export const CORE_HOURS_EVERYWHERE: HoursOf = () => CORE;

/** What a request for other hours changed. */
type Changed = {
  readonly entered: number;
  readonly withdrawn: number;
  readonly weekdays: number;
  readonly repeated: boolean;
  readonly userErrors: readonly {
    readonly code: string;
    readonly message: string;
    readonly at: string | null;
  }[];
};

type Day = {
  readonly date: string;
  readonly openings: readonly { readonly opensAt: string; readonly closesAt: string }[];
  readonly reasons: readonly object[];
};

/** Somebody who enters closures and asks for opening hours; each request has a key of its own unless it brings one. */
export class HoursDesk {
  private keys = 0;

  constructor(private readonly client: Client) {}

  async change(input: object): Promise<Changed> {
    const mutation = `mutation ($input: ChangeClosuresInput!) { changeClosures(input: $input) {
      entered withdrawn weekdays repeated userErrors { code message at } } }`;
    const asked = { idempotencyKey: this.key(), ...input };
    return (await this.client.query<{ changeClosures: Changed }>(mutation, { input: asked })).changeClosures;
  }

  async setHours(practice: string, days: readonly object[]): Promise<Changed> {
    const mutation = `mutation ($input: SetOpeningHoursInput!) { setOpeningHours(input: $input) {
      entered withdrawn weekdays repeated userErrors { code message at } } }`;
    const input = { practice, days, idempotencyKey: this.key() };
    return (await this.client.query<{ setOpeningHours: Changed }>(mutation, { input })).setOpeningHours;
  }

  async dayOf(practice: string, day: string): Promise<Day | undefined> {
    const query = `{ openingHours(practice: "${practice}", from: "${day}", days: 1) { date
      openings { opensAt closesAt } reasons { source organisation kind from to reason } } }`;
    return (await this.client.query<{ openingHours: Day[] }>(query)).openingHours[0];
  }

  /** Openings of a day as `opens–closes`, in UTC. */
  async openings(practice: string, day: string): Promise<string> {
    return ((await this.dayOf(practice, day))?.openings ?? [])
      .map(({ opensAt, closesAt }) => `${opensAt.slice(11, 16)}–${closesAt.slice(11, 16)}`)
      .join(' ');
  }

  private key(): string {
    this.keys += 1;
    return `request-${String(this.keys)}`;
  }
}
