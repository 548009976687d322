/** Who a machine is at the service, and whether it speaks for itself. */
export type Enrolled = {
  readonly machineId: string;
  readonly credential: string;
  readonly direct: boolean;
};
