import { LRUCache } from 'lru-cache';
import type { PublicOperation } from './public-operations';

/** Queries kept by their hash. All dashboards together ask a few dozen. */
const QUERIES_MAX = 1_000;
/** What the server puts before a hash that it asks for. */
const PREFIX = /^apq:/;
/** Characters of all of them together. */
const CHARACTERS_MAX = 2_000_000;

/**
 * The queries that clients may name by their hash, in bounded memory: the ones that were not asked for longest go. Whoever finds his
 * query gone is told so, and sends it again. Registered operations are always there.
 */
export class PersistedQueries {
  private readonly queries = new LRUCache<string, string>({
    max: QUERIES_MAX,
    maxSize: CHARACTERS_MAX,
    sizeCalculation: (query) => Math.max(1, query.length),
  });

  private readonly registered: ReadonlyMap<string, string>;

  constructor(registered: readonly PublicOperation[] = []) {
    this.registered = new Map(registered.map(({ sha256Hash, query }) => [sha256Hash, query]));
  }

  async get(key: string): Promise<string | undefined> {
    return this.registered.get(key.replace(PREFIX, '')) ?? this.queries.get(key);
  }

  async set(key: string, query: string): Promise<void> {
    this.queries.set(key, query);
  }

  async delete(key: string): Promise<boolean> {
    return this.queries.delete(key);
  }
}
