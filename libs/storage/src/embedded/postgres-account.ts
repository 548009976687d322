import { readFile, stat } from 'node:fs/promises';

/** The unprivileged user the server runs as, or null: as the user this process runs as. */
export type PostgresAccount = { readonly uid: number; readonly gid: number; readonly name: string } | null;

/**
 * In this order: `postgres` exists for this very purpose; `nobody` exists on every Linux, so that no user has
 * to be created on a machine that is not ours.
 */
const CANDIDATES = ['postgres', 'nobody'] as const;

/**
 * PostgreSQL refuses to run as root, because a hole in it would be a hole in the machine. So root lends it an
 * account: the owner of the existing cluster, else the first candidate in the password database. `initdb`
 * insists on such an entry, the server does not: a cluster moves to a machine that lacks its owner's name.
 *
 * @throws Error saying what to do when this process is root and no account can be lent
 */
export async function choosePostgresAccount(clusterDir: string): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return null;
  if (process.platform !== 'linux') {
    throw new Error(
      'PostgreSQL does not run as root. Start the service as an ordinary user, or set DATABASE_URL.',
    );
  }
  const users = await readPasswordDatabase();
  const cluster = await stat(clusterDir).catch(() => null);
  if (cluster !== null && cluster.uid !== 0) {
    const name = users.find((user) => user.uid === cluster.uid)?.name ?? String(cluster.uid);
    return { uid: cluster.uid, gid: cluster.gid, name };
  }
  for (const candidate of CANDIDATES) {
    const user = users.find(({ name, uid }) => name === candidate && uid !== 0);
    if (user !== undefined) return user;
  }
  throw new Error(
    `PostgreSQL does not run as root, and this machine has none of the users ${CANDIDATES.join(', ')}. ` +
      'Create one (useradd --system postgres), start the service as an ordinary user, or set DATABASE_URL.',
  );
}

async function readPasswordDatabase(): Promise<NonNullable<PostgresAccount>[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined || !/^\d+$/.test(uid + gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}
