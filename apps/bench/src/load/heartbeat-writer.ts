import { PRACTICE_CODE_LENGTH, scatter, writeMachineId, type FleetShape } from '../fleet/fleet-shape';
import { BAD_FILE_AT, GOOD_FILE_AT } from '../fleet/heartbeat-facts';
import { SEQ_WIDTH, type HeartbeatSlots } from './heartbeat-slots';
import { ASCII_SPACE, ASCII_ZERO, writeDecimal, writeHex } from '../fleet/write-digits';
import type { WritingMoment } from './writing-moment';

const PRACTICE_AND_SEPARATOR = PRACTICE_CODE_LENGTH + 1;
/** Where a boot id holds the machine's number, and in how many digits. */
const INDEX_IN_BOOT_ID = 24;
const INDEX_HEX_DIGITS = 12;
const HOST_NUMBER_DIGITS = 8;
const GOOD = Buffer.from(GOOD_FILE_AT, 'latin1');
const BAD = Buffer.from(BAD_FILE_AT, 'latin1');
const UINT32_VALUES = 4_294_967_296;
/** Any odd constant: the moment of boot within the second must not follow from the machine's identity. */
const BOOT_SALT = 0x5bd1e995;

/** Writes heartbeats into the places that a request holds for them. */
export class HeartbeatWriter {
  private readonly codes: Buffer;

  constructor(
    private readonly shape: FleetShape,
    private readonly slots: HeartbeatSlots,
  ) {
    this.codes = Buffer.from(shape.practiceCodes.join(''), 'latin1');
  }

  /** @param at where the text of the heartbeat begins */
  write(target: Buffer, at: number, index: number, seq: number, bad: boolean, moment: WritingMoment): void {
    const { slots } = this;
    if (slots.machineId >= 0) {
      this.writeCode(target, at + slots.machineId, index);
      writeMachineId(target, at + slots.machineId + PRACTICE_AND_SEPARATOR, index);
    }
    writeHex(target, at + slots.bootId + INDEX_IN_BOOT_ID, index, INDEX_HEX_DIGITS);
    writeDecimal(target, at + slots.seq, seq, SEQ_WIDTH, ASCII_SPACE);
    const isShorter =
      moment.shorterAbove < 1 && scatter(index ^ BOOT_SALT) / UINT32_VALUES > moment.shorterAbove;
    (isShorter ? moment.shorterUptime : moment.uptime).copy(target, at + slots.uptime);
    (bad ? BAD : GOOD).copy(target, at + slots.file);
    this.writeCode(target, at + slots.hostname, index);
    writeDecimal(target, at + slots.hostname + PRACTICE_AND_SEPARATOR, index, HOST_NUMBER_DIGITS, ASCII_ZERO);
    moment.sentAt.copy(target, at + slots.sentAt);
  }

  private writeCode(target: Buffer, at: number, index: number): void {
    const from = (this.shape.practiceOf[index] as number) * PRACTICE_CODE_LENGTH;
    for (let i = 0; i < PRACTICE_CODE_LENGTH; i += 1) target[at + i] = this.codes[from + i] as number;
  }
}
