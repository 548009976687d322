import { UseGuards } from '@nestjs/common';
import { Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { MachineReader } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import { AdminGuard } from './admin.guard';
import { MachineConnectionType } from './machine.type';

/** What a page tells about the whole list; worked out only for those who ask. */
@Resolver(() => MachineConnectionType)
@UseGuards(AdminGuard)
export class MachineConnectionResolver {
  constructor(
    private readonly machines: MachineReader,
    private readonly clock: RecoveryClock,
  ) {}

  @ResolveField(() => Int, {
    description:
      'Machines in the whole list at the moment of the answer. Reads all of them: ask once, not with every page.',
  })
  async totalCount(@Parent() connection: MachineConnectionType): Promise<number> {
    return this.machines.count(connection.filter, this.clock.now());
  }
}
