import { serveParent } from '../stage/serve-parent';
import type { LoadCommand } from './load-command';
import { LoadGenerator } from './load-generator';
import { repeatRequests } from './repeat-requests';

/** The load generator's process. */
let generator: LoadGenerator | null = null;

serveParent(async (asked) => {
  const command = asked as LoadCommand;
  if (command.kind === 'PREPARE') {
    generator = new LoadGenerator(command);
    return null;
  }
  if (command.kind === 'REPEAT') return repeatRequests(command);
  if (generator === null) throw new Error('the load generator was not prepared');
  switch (command.kind) {
    case 'REPORT':
      return generator.report(command);
    case 'SHOW_BOOK':
      return generator.book();
  }
});
