import { readFileSync } from 'node:fs';

/** The environment of a process, as text. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads single values of the environment and collects what is wrong with them, so that an operator mends everything at once.
 * No problem it words ever holds a secret.
 */
export class EnvironmentReader {
  readonly problems: string[] = [];

  constructor(private readonly env: Environment) {}

  /** A whole number within bounds; the fallback when it is not set, or wrong and noted. */
  whole(name: string, fallback: number, min: number, max: number): number {
    const text = this.env[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    this.problems.push(`${name} must be a whole number from ${min} to ${max}, not "${text}"`);
    return fallback;
  }

  /** Text as it stands; null when it is not set, or empty. */
  text(name: string): string | null {
    const text = this.env[name];
    return text === undefined || text === '' ? null : text;
  }

  /** `true` or `false`. */
  flag(name: string, fallback: boolean): boolean {
    const text = this.env[name];
    if (text === undefined || text === '') return fallback;
    if (text === 'true' || text === 'false') return text === 'true';
    this.problems.push(`${name} must be true or false, not "${text}"`);
    return fallback;
  }

  /** Values separated by commas; none when it is not set. */
  list(name: string): readonly string[] {
    const parts = (this.env[name] ?? '').split(',').map((part) => part.trim());
    return parts.filter((part) => part !== '');
  }

  /**
   * A secret: from the environment, or, so that it shows in no process list and no crash dump, from the file that `NAME_FILE`
   * names. White space around a file's content is not part of it.
   */
  secret(name: string): string | null {
    const value = this.env[name];
    const content = this.file(`${name}_FILE`);
    if (value !== undefined && content !== null)
      this.problems.push(`${name} and ${name}_FILE must not both be set`);
    return value ?? content?.trim() ?? null;
  }

  /** The content of the file that a setting names; null when it is not set, or cannot be read and that is noted. */
  file(name: string): string | null {
    const path = this.env[name];
    if (path === undefined || path === '') return null;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      this.problems.push(`${name} names a file that cannot be read (${code})`);
      return null;
    }
  }
}
