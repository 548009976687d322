import { Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { MachineReader } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { MachineConnectionType } from './machine.type';
import { SenderStanding } from './sender-standing';

/** What a page tells about the whole list; worked out only for those who ask. */
@Resolver(() => MachineConnectionType)
export class MachineConnectionResolver {
  constructor(
    private readonly machines: MachineReader,
    private readonly clock: RecoveryClock,
  ) {}

  @ResolveField(() => Int, {
    description:
      'Machines in the whole list at the moment of the answer. Reads all of them: ask once, not with every page.',
  })
  async totalCount(
    @Parent() connection: MachineConnectionType,
    @SenderStanding() { scope }: Standing,
  ): Promise<number> {
    return this.machines.count(scope, connection.filter, this.clock.now());
  }
}
