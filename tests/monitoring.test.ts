/** The files for Prometheus and Grafana (monitoring/): each metric and label they ask for is one that the services serve. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { burger, postJson } from "./support/http.ts";
import { onOwnCluster, SHORT_SESSION } from "./support/own-clusters.ts";
import { type System, startSystem } from "./support/system.ts";

setDefaultTimeout(60_000);

const FOLDER = join(import.meta.dir, "../monitoring");

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: { readonly summary: string; readonly description: string };
    }[];
  }[];
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const rules = (Bun.YAML.parse(await Bun.file(join(FOLDER, "alerts.yaml")).text()) as Rules).groups.flatMap(
  ({ rules }) => rules,
);
const { panels } = (await Bun.file(join(FOLDER, "grafana-dashboard.json")).json()) as Dashboard;

const asked: readonly (readonly [where: string, expr: string])[] = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** Metrics in an expression, each with the labels it is picked or grouped by. */
function metricsIn(expr: string): { metric: string; labels: string[] }[] {
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names]) => names!.split(/, */));
  return [...expr.matchAll(/\b([a-z]+(?:_[a-z]+)+)\b(?!\s*\()(?:\{([^}]*)\})?/g)].map(
    ([, metric, picked]) => ({
      metric: metric!,
      labels: [...grouped, ...[...(picked ?? "").matchAll(/(\w+)=/g)].map(([, name]) => name!)],
    }),
  );
}

onOwnCluster("embedded", "monitoring", (cluster) => {
  let system: System;
  let lines: string[];

  beforeAll(async () => {
    const environment = { ...cluster().environment, KAFKA_SESSION_TIMEOUT: SHORT_SESSION };
    system = await startSystem({ brokers: cluster().brokers, environment });
    expect((await postJson(`${system.url}/orders/batch`, { orders: Array(50).fill(burger) })).status).toBe(
      202,
    );
    await system.until("all is counted", async () => (await system.metrics())?.total_orders === 50);
    const texts = [system.producer, system.inventory, system.analytics].map(async ({ managementUrl }) =>
      (await fetch(`${managementUrl}/metrics`)).text(),
    );
    lines = (await Promise.all(texts)).flatMap((text) => text.split("\n"));
  }, 60_000);
  afterAll(() => system?.stop());

  // Prometheus adds these two to whatever it reads.
  const OF_PROMETHEUS = ["job", "instance"];

  test.each(asked)("%s: %s", (_, expr) => {
    const metrics = metricsIn(expr);
    expect(metrics.length).toBeGreaterThan(0);
    for (const { metric, labels } of metrics) {
      const samples = lines.filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
      const declared = lines.some((line) => line.startsWith(`# TYPE ${metric.replace(/_bucket$/, "")} `));
      expect([metric, declared]).toEqual([metric, true]);
      for (const label of labels.filter((name) => !OF_PROMETHEUS.includes(name))) {
        // A counter by label has no sample before it counts: then its type is all there is to see.
        const has = samples.length === 0 || samples.some((line) => line.includes(`${label}="`));
        expect([metric, label, has]).toEqual([metric, label, true]);
      }
    }
  });
});

test("every alert says what is wrong and what to do, and is there once", () => {
  for (const { annotations } of rules) {
    expect(annotations.summary.length).toBeGreaterThan(10);
    expect(annotations.description.length).toBeGreaterThan(20);
  }
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});
