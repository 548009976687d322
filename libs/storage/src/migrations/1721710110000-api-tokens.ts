import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tokens of people's tools and of services, each with one role within some organisations. */
export class ApiTokens1721710110000 implements MigrationInterface {
  readonly name = 'ApiTokens1721710110000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_token (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        secret_hash text NOT NULL,
        role text NOT NULL CONSTRAINT api_token_role CHECK (role IN ('VIEWER', 'IT', 'ADMIN')),
        organisations text[] NOT NULL CONSTRAINT api_token_somewhere CHECK (cardinality(organisations) > 0),
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        last_used_at timestamptz
      );
      CREATE UNIQUE INDEX api_token_by_secret ON api_token (secret_hash);
      CREATE INDEX api_token_by_age ON api_token (created_at, id);`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE api_token');
  }
}
