import { userInfo } from 'node:os';

/** The name of the account that runs a command; in a container it may have a number only. */
export function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
