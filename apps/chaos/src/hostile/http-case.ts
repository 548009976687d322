/** A request that HTTP can carry, whatever it says. */
export type HttpCase = {
  readonly label: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  readonly bearer: string | null;
};
