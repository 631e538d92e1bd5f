/** What stands on the screen once everything is up: where it is, and the one line to try. */
export interface BannerOptions {
  /** What the cluster is. */
  readonly cluster: string;
  readonly brokers: string;
  /** The order producer's address. */
  readonly url: string;
  /** The dashboard's address. */
  readonly dashboardUrl: string;
  readonly metricsFile: string;
  /** Each service and where it answers `/ready`, `/live` and `/metrics`. */
  readonly management: readonly (readonly [name: string, url: string])[];
}

export function banner({
  cluster,
  brokers,
  url,
  dashboardUrl,
  metricsFile,
  management,
}: BannerOptions): string {
  const order = '{"user_id":"user123","item":"Burger","quantity":2}';
  return `
  The order system is up.

  Kafka      ${cluster}
             KAFKA_BROKER=${brokers}
  Orders     ${url}
  Dashboard  ${dashboardUrl}
  Metrics    ${metricsFile}
  Health     ${management.map(([name, at]) => `${name} ${at}/ready`).join("\n             ")}

  Try it:    curl -X POST ${url}/order -H 'Content-Type: application/json' -d '${order}'

  Ctrl-C ends everything, in order.
`;
}
