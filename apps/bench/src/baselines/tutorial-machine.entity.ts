import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A machine as a tutorial would model it: one table, one row a machine, the last report in it. */
@Entity('tutorial_machine')
export class TutorialMachine {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'varchar' })
  practice!: string;

  @Column({ type: 'varchar', nullable: true })
  hostname!: string | null;

  @Column({ type: 'varchar', default: 'OK' })
  state!: string;

  @Column({ type: 'varchar', nullable: true })
  bootId!: string | null;

  @Column({ type: 'int', default: 0 })
  seq!: number;

  @Column({ type: 'float', default: 0 })
  uptimeSeconds!: number;

  @Column({ type: 'varchar', nullable: true })
  bootMode!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  channelFileWrittenAt!: Date | null;

  @Column({ type: 'varchar', nullable: true })
  sensorVersion!: string | null;

  @Column({ type: 'boolean', nullable: true })
  sensorRunning!: boolean | null;

  @Column({ type: 'varchar', nullable: true })
  bitlocker!: string | null;

  @Column({ type: 'boolean', nullable: true })
  safeBootFlag!: boolean | null;

  @Column({ type: 'varchar', nullable: true })
  osBuild!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  lastSeenAt!: Date | null;
}
