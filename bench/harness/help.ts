/** `bun bench --help`. */
import type { Peer } from "./peer.ts";
import type { Scenario } from "./scenario.ts";

function list(items: readonly { readonly name: string; readonly title: string }[]): string {
  const width = Math.max(...items.map(({ name }) => name.length));
  return items.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join("\n");
}

export function helpText(
  scenarios: readonly Scenario[],
  peers: readonly Peer[],
  defaultPeers: readonly string[],
): string {
  return `Usage: bun bench [scenario…] [--peers a,b|all|none] [--seconds N] [--records N] [--rounds N]
                 [--json FILE] [--report] [--check] [--profile] [--help]

Measures this project on a real Apache Kafka, side by side with what people would use instead. Without KAFKA_BROKER
one is started for the run; without Java the embedded cluster stands in, and the output says so.

Scenarios; a prefix names a group (client, http); without names, all:
${list(scenarios)}

Peers, installed when first asked for:
${list(peers)}

  --peers LIST   whom to compare with (default: ${defaultPeers.join(",")})
  --seconds N    the most one run of one subject may take (default: 5)
  --records N    records a run; each scenario has its own default
  --rounds N     rounds, subjects taking turns in each (default: 3)
  --json FILE    write everything measured as JSON; - is stdout
  --report       rewrite bench/RESULTS.md
  --check        exit 1 when a ratio is outside wide bounds, for CI
  --profile      where the time of our own programs goes: profiles in bench/out/profiles, CPU time by thread
  --help         this text

Without scenarios, peers and numbers all scenarios run once, briefly: --seconds 2 --records 300_000 --rounds 1.

Exits 1 when a subject lost a record or an answer was not 202. KAFKA_BROKER is a cluster to fill and empty: http-order
writes into its order-events topic, and inventory, end-to-end and models delete the topics of orders and decisions, if
they held nothing.`;
}
