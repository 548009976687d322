import { Logger } from '@nestjs/common';
import type { BlindnessNews } from '@app/tracking';
import { CountedLog } from './counted-log';

/** Writes into the log when reports cannot be taken and why, each cause once and then counted, and when they can be again. */
export function logBlindness(): BlindnessNews {
  const logger = new Logger('reports');
  const failures = new CountedLog((fields) => logger.error(fields));
  const spells = new CountedLog((fields) => logger.warn(fields));
  let heartbeatsRefused = 0;
  return {
    failed: ({ code, message }, heartbeats, whose) => {
      const event = whose === 'OURS' ? 'reports_not_saved' : 'report_rejected';
      if (whose === 'OURS') heartbeatsRefused += heartbeats;
      failures.say(`${event} ${code} ${message}`, { event, code, message, heartbeats });
    },
    blinded: (cause) => spells.say(`blind ${cause}`, { event: 'blind', cause }),
    sees: (cause, forMs) => {
      spells.say(`sees ${cause}`, { event: 'sees_again', cause, forMs, heartbeatsRefused });
      heartbeatsRefused = 0;
    },
  };
}
