import { join } from 'node:path';
import { runChaos } from '../../apps/chaos/src/run-chaos';
import { SCENARIOS } from '../../apps/chaos/src/scenarios';
import { ChaosStage } from '../../apps/chaos/src/stage/chaos-stage';

/**
 * The short form of `npm run chaos`: the same scenarios against the real service in processes of its own, its PostgreSQL and its
 * simulator, with fewer kills and cases. Left out are those whose promises other tests hold as well.
 */
const TRIED = SCENARIOS.filter(({ name }) => !['storm', 'books'].includes(name));

const root = join(__dirname, '..', '..');
const PROGRAM = {
  nodeArgs: ['-r', join(root, 'test/support/run-sources.cjs')],
  workerFile: join(root, 'apps/chaos/src/stage/service-worker.ts'),
  mainFile: join(root, 'apps/api/src/main.ts'),
  simulatorFile: join(root, 'apps/simulator/src/simulate.ts'),
};

let stage: ChaosStage;

beforeAll(async () => {
  const { PATH = '', HOME = '' } = process.env;
  stage = await ChaosStage.open(PROGRAM, { PATH, HOME });
});

afterAll(() => stage.close(false));

it.each(TRIED)('$name: $title', async (scenario) => {
  const report = await runChaos(
    { scenarios: [scenario], scale: 'short', seed: 'tests' },
    stage,
    () => undefined,
  );
  expect(report.scenarios.flatMap(({ findings }) => findings)).toEqual([]);
  expect(report.scenarios.flatMap(({ tried }) => tried).length).toBeGreaterThan(1);
});
