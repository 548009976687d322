import type { OutageStage } from '../stage/outage-stage';
import { whileArriving } from './while-arriving';

/** A stage whose load answers as it is told, one stretch after the other. */
function stageWith(answer: () => Promise<{ p99Ms: number; failures: Record<string, number> }>) {
  const said: string[] = [];
  const stage = {
    service: { port: 1 },
    load: { ask: answer },
    say: (text: string) => said.push(text),
  } as unknown as OutageStage;
  return { stage, said };
}

const PAUSE_MS = 20;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

describe('work while heartbeats arrive', () => {
  it('goes on with heartbeats until it is done, and tells the worst stretch and what failed', async () => {
    const stretches = [
      { p99Ms: 3, failures: {} },
      { p99Ms: 9, failures: { 'status 503': 2 } },
    ];
    const { stage, said } = stageWith(async () => {
      await pause();
      return stretches.shift() ?? { p99Ms: 1, failures: {} };
    });
    const work = async (): Promise<string> => {
      while (stretches.length > 0) await pause();
      return 'done';
    };
    expect(await whileArriving(stage, 1_000, work)).toEqual({ result: 'done', p99Ms: 9 });
    expect(said).toEqual(['heartbeats meanwhile: 2 × status 503']);
  });

  it('tells the failure of either, and of both, when no more heartbeats are on their way', async () => {
    const broken = new Error('the work broke');
    const lost = new Error('the load ended by itself');
    let underWay = 0;
    const arriving = stageWith(async () => {
      underWay += 1;
      await pause();
      underWay -= 1;
      return { p99Ms: 1, failures: {} };
    });
    const failing = stageWith(() => Promise.reject(lost));
    await expect(whileArriving(arriving.stage, 1_000, () => Promise.reject(broken))).rejects.toBe(broken);
    expect(underWay).toBe(0);
    await expect(whileArriving(failing.stage, 1_000, pause)).rejects.toBe(lost);
    await expect(whileArriving(failing.stage, 1_000, () => Promise.reject(broken))).rejects.toMatchObject({
      errors: [broken, lost],
    });
  });
});
