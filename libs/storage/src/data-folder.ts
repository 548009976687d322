import { mkdir } from 'node:fs/promises';

/** The folder for the data cannot be made or used; says what to do. */
class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/**
 * Makes the folder in which a service keeps its data, for its own account only, unless it is there.
 *
 * @throws DataFolderError where that cannot be done, as in a checkout that is read-only
 */
export async function makeDataFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why =
      typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
    throw new DataFolderError(
      `The data folder ${dataDir} cannot be made (${why}). Set DATA_DIR to a folder that can be written.`,
      { cause: error },
    );
  }
}
