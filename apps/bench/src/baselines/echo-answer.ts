/** An answer as long as the service's to one heartbeat, for servers that do nothing with it. */
export function echoAnswer(body: unknown): unknown {
  const seq = (body as { heartbeats?: readonly { seq?: number }[] }).heartbeats?.[0]?.seq ?? null;
  return {
    serverTime: new Date().toISOString(),
    results: [{ seq, outcome: 'ACCEPTED', code: null }],
    next: { afterSeconds: 300, jitterSeconds: 30 },
  };
}
