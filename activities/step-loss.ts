/** What EMR says of a step whose process was ended from outside: by a signal, with its machine, for want of memory. */
const ENDED_FROM_OUTSIDE = /\b(ended by signal (9|15)|exit code (137|143)|ret '?(137|143)|without an exit code)\b/;

/** What Spark says when a service that it writes to was away or asked for patience. */
const SERVICE_AWAY =
  /\b(Connection refused|Connection reset|UnknownHostException|SocketTimeoutException|NoHttpResponseException|SlowDown|ThrottlingException|Service Unavailable|Status Code: 50[0234])\b/i;

/** What Spark says when it gave up after it had lost machines too often. */
const NODES_LOST =
  /\b(ExecutorLostFailure|Container released on a \*lost\* node|Container from a bad node|(Slave|Worker|Executor) lost)/i;

/** Whether a second try may end otherwise: the job was not to blame for the end of its step. */
export function isPassing(cause: string): boolean {
  return ENDED_FROM_OUTSIDE.test(cause) || SERVICE_AWAY.test(cause) || NODES_LOST.test(cause);
}
