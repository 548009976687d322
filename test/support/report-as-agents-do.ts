import { IngestUnavailableError } from '@app/tracking';

const TRIES_MAX = 20;

/** Whoever is refused for a while sends the same report again, as every agent does. */
export async function reportAsAgentsDo<Result>(send: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof IngestUnavailableError) || tries === TRIES_MAX) throw error;
    }
  }
}
