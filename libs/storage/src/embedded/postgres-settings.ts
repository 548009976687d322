/** What the machine offers, in bytes: memory this process may use, and free space where the database lies. */
export type MachineSize = { readonly memoryBytes: number; readonly freeDiskBytes: number };

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/**
 * Settings of the embedded server by parameter name, as PostgreSQL spells them. They suit one service on one
 * machine whose hot rows are narrow, few (8.5 million are 2 GB) and updated all the time.
 */
export function embeddedPostgresSettings(size: MachineSize): Record<string, string> {
  const memory = size.memoryBytes;
  return {
    // An acknowledged heartbeat survives a power cut. Defaults, written down because all else rests on them.
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',

    // A quarter of the memory, so that the rows that heartbeats write (2 GB for 8.5 million machines) and their index stay where they are
    // written: a page that is copied from the system's cache each time, and evicts another, costs more than the update itself.
    shared_buffers: megabytes(clamp(memory / 4, 32 * MIB, 8 * GIB)),
    // What the planner may expect to find cached, in shared buffers or in the page cache. Reserves nothing.
    effective_cache_size: megabytes(clamp(memory / 2, 64 * MIB, 64 * GIB)),
    // Per sort or hash of one of at most 60 sessions; the write path sorts nothing.
    work_mem: megabytes(clamp(memory / 256, 4 * MIB, 16 * MIB)),
    // Index builds of migrations, and vacuum.
    maintenance_work_mem: megabytes(clamp(memory / 32, 16 * MIB, 256 * MIB)),

    // What was logged since the last complete checkpoint began is replayed after a crash. Measured with 8.5 million machines that report as
    // fast as they can, struck after a minute: the service answers again after 7 to 8 s with 2 GB (half of it replaying, 2 s writing
    // what was replayed), 8 to 12 with 3 GB, 14 to 15 with 8 GB. Less costs more log: the first change of a page after a checkpoint
    // logs the whole page; at the pace of that fleet heartbeats waited 76 ms (p99) with 6 GB, 141 with 3, 338 with 2. A tenth of what is
    // free, so that a small disk is not filled with it.
    checkpoint_timeout: '15min',
    max_wal_size: megabytes(clamp(size.freeDiskBytes / 10, GIB, 3 * GIB)),
    // Keep segments for reuse instead of deleting and creating them in quiet hours.
    min_wal_size: '512MB',
    // Measured with 8.5 million machines: in the second after a checkpoint, when every page is logged whole, 59,000 to 77,000 updates
    // instead of 14,500 to 22,000, for half as much log again. Compressed, that second was five seconds of waiting for whoever came at
    // the pace of the fleet. The packaged server has only pglz; lz4 might be cheap enough.
    wal_compression: 'off',

    // Short statements, known plans: compiling them costs more than it saves.
    jit: 'off',
    // Storage here is flash or memory: a random page costs little more than the next one.
    random_page_cost: '1.1',
    // The service's pools, the command-line tools and a person with a client. Sessions cost memory.
    max_connections: '60',

    // Vacuum keeps pace with rows that change all day. The default throttle dates from spinning disks; with
    // it, vacuum of the hot tables falls behind, they grow, and updates stop finding room on their page.
    autovacuum_naptime: '15s',
    autovacuum_vacuum_cost_limit: '2000',
    autovacuum_vacuum_cost_delay: '2ms',
    // A transaction somebody forgot keeps vacuum from removing anything. None of ours waits for minutes.
    idle_in_transaction_session_timeout: '10min',

    // Parallel queries need shared memory. The POSIX kind lies in /dev/shm, which containers limit to 64 MB.
    ...(process.platform === 'linux' ? { dynamic_shared_memory_type: 'sysv' } : {}),

    timezone: 'UTC',
    log_timezone: 'UTC',
    // Messages are read by their beginning, so they have to be English.
    lc_messages: 'C',
    log_line_prefix: '%m [%p] ',
    // Recovery after a crash may take minutes: say how far it is.
    log_startup_progress_interval: '10s',
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MIB)}MB`;
}
