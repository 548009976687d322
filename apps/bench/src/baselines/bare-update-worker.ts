import { serveParent } from '../stage/serve-parent';
import { BareUpdate, type BareCommand } from './bare-update';

/** The process of the bare database limit. */
let bare: BareUpdate | null = null;

serveParent(async (asked) => {
  const command = asked as BareCommand;
  if (command.kind === 'PREPARE') {
    bare = new BareUpdate(command);
    await bare.connect();
    return null;
  }
  if (bare === null) throw new Error('the bare update was not prepared');
  if (command.kind === 'RUN') return bare.run(command.seconds);
  bare.makeBatches(command);
  return null;
});
