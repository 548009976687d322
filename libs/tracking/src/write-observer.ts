/** What the write path tells about itself; the edge turns it into metrics. */
export type WriteObserver = {
  /** One batch was committed. */
  batchCommitted(heartbeats: number, commitMs: number): void;
  /** Machines whose row had moved since it was read; they are decided again. */
  racesLost(machines: number): void;
  /** One sweep ended. @param lagMs how long the oldest deadline it handled had passed */
  swept(machines: number, moved: number, lagMs: number, tookMs: number): void;
  /** One sweep held the silence of these machines, because their whole practice is silent or has only just spoken again. */
  silenceHeld(machines: number): void;
  /** Something progress depends on was committed by this process. */
  progressChanged(): void;
};
