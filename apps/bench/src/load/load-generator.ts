import type { UptimeStyle } from '../bench-options';
import { FleetLives } from '../fleet/fleet-lives';
import { speakersOf } from '../fleet/fleet-lots';
import { makeFleetShape, type FleetShape } from '../fleet/fleet-shape';
import { FleetWalk } from '../fleet/fleet-walk';
import { runClosedLoop } from './closed-loop';
import { HeartbeatWriter } from './heartbeat-writer';
import type { FleetBook, LoadResult, PrepareLoad, ReportLoad } from './load-command';
import { MachineCredentials } from './machine-credentials';
import { runPacedLoad } from './paced-load';
import { ReportConversation, type ReportSource } from './report-conversation';
import { hasOwnCredential, layOutRequest } from './report-request';
import { writingMoment } from './writing-moment';

/** Half of the distance at which the walk keeps a machine's reports. */
const ON_THEIR_WAY_SHARE_MAX = 0.25;

/**
 * The fleet as the load generator plays it: it lives as long as the bench, so that its book holds for the
 * whole run.
 */
export class LoadGenerator {
  private readonly shape: FleetShape;
  private readonly lives: FleetLives;
  private readonly rehearsed: FleetLives;
  /** The machines that report; walks go over their places in this list. */
  private readonly speakers: Uint32Array;
  private readonly wholeWalk: FleetWalk;
  private readonly speakersWalk: FleetWalk;
  private readonly credentials: MachineCredentials;
  private readonly bootedAtMs: number;
  private readonly uptime: UptimeStyle;
  private readonly relayCredential: string;
  private sent = 0;
  private acknowledged = 0;

  constructor({ shape, state, bootedAtMs, uptime, relayCredential, credentialKeyHex }: PrepareLoad) {
    this.shape = makeFleetShape(shape);
    this.lives = new FleetLives(state);
    this.rehearsed = new FleetLives(state);
    this.speakers = speakersOf(shape.machines);
    this.credentials = new MachineCredentials(
      this.shape,
      this.speakers,
      Buffer.from(credentialKeyHex, 'hex'),
      Date.now(),
    );
    this.wholeWalk = new FleetWalk(this.speakers.length, shape.seed);
    this.speakersWalk = new FleetWalk(this.credentials.count, shape.seed + 1);
    this.bootedAtMs = bootedAtMs;
    this.uptime = uptime;
    this.relayCredential = relayCredential;
  }

  report(load: ReportLoad): Promise<LoadResult> {
    const own = hasOwnCredential(load.style);
    const sample = own ? this.credentials.sample() : this.relayCredential;
    const connections = Math.min(load.connections, this.connectionsMax(load.perRequest));
    const conversations = Array.from({ length: connections }, () => {
      const request = layOutRequest(load.style, load, load.perRequest, sample);
      return new ReportConversation(
        request,
        this.sourceFor(load, new HeartbeatWriter(this.shape, request.slots), own),
      );
    });
    const { requestsMax } = load;
    if (load.pacePerSecond === undefined)
      return runClosedLoop(
        load.port,
        conversations,
        load.seconds,
        requestsMax === undefined ? {} : { requestsMax },
      );
    const requestsPerSecond = load.pacePerSecond / load.perRequest;
    return runPacedLoad(load.port, conversations, { requestsPerSecond, seconds: load.seconds });
  }

  book(): FleetBook {
    const { sent, acknowledged } = this;
    return { seqs: this.lives.seqs, bad: this.lives.bad, sent, acknowledged };
  }

  /**
   * So many that no machine has two reports on their way, which could overtake each other: matters for small
   * fleets only.
   */
  private connectionsMax(perRequest: number): number {
    return Math.max(1, Math.floor((this.speakers.length * ON_THEIR_WAY_SHARE_MAX) / perRequest));
  }

  private sourceFor(load: ReportLoad, writer: HeartbeatWriter, own: boolean): ReportSource {
    const counts = !load.rehearsal;
    return {
      walk: own ? this.speakersWalk : this.wholeWalk,
      lives: counts ? this.lives : this.rehearsed,
      writer,
      momentOf: () => writingMoment(Date.now(), this.bootedAtMs, this.uptime),
      machineAt: own
        ? (place) => this.credentials.machineAt(place)
        : (place) => this.speakers[place] as number,
      writeCredential: own ? (target, at, place) => this.credentials.write(target, at, place) : null,
      sent: (heartbeats) => {
        if (counts) this.sent += heartbeats;
      },
      acknowledged: (heartbeats) => {
        if (counts) this.acknowledged += heartbeats;
      },
    };
  }
}
