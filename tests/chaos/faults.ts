/**
 * What each kind of fault does to a running system, and how it is undone. A fault resolves when it has struck; `heal` when what was
 * stopped is started again. Whoever plans them sees to it that two of one lane never overlap.
 */
import type { ServiceName } from "../support/service-process.ts";
import type { ChaosCluster } from "./cluster.ts";
import type { Fleet } from "./fleet.ts";
import type { Instance } from "./instance.ts";
import type { Load } from "./load.ts";
import { FAULTS, type FaultKind, type PlannedFault } from "./schedule.ts";

/** What faults strike. */
export interface World {
  readonly cluster: ChaosCluster;
  readonly fleet: Fleet;
  readonly load: Load;
}

export interface Struck {
  /** What it was done to. */
  readonly target: string;
  /** Requests that were under way at what was struck: they are to be answered elsewhere. */
  readonly requests?: readonly number[];
  heal(): Promise<void>;
}

/** From when recovery counts: the blow itself, or the end of an outage that nothing can work through. */
export const COUNTS_FROM_HEALING: ReadonlySet<FaultKind> = new Set(["all-brokers", "cut", "delay"]);

type Strike = (world: World, fault: PlannedFault) => Promise<Struck>;

const STRIKES: Readonly<Record<FaultKind, Strike>> = {
  "broker-kill": async ({ cluster }, { target }) => {
    const node = await cluster.leader(target % 3);
    await node.kill("SIGKILL");
    return { target: `node ${node.id}`, heal: () => node.restart() };
  },
  "broker-pause": async ({ cluster }, { target }) => {
    const node = await cluster.leader(target % 3);
    await node.kill("SIGSTOP");
    return { target: `node ${node.id}`, heal: () => node.kill("SIGCONT") };
  },
  "broker-restart": async ({ cluster }, { target }) => {
    const node = await cluster.leader(target % 3);
    await node.stop();
    return { target: `node ${node.id}`, heal: () => node.restart() };
  },
  "all-brokers": async ({ cluster }) => {
    await Promise.all(cluster.nodes.map((node) => node.kill("SIGKILL")));
    return { target: "every node", heal: () => restartAll(cluster) };
  },
  cut: async ({ cluster }, { target }) => {
    const proxy = cluster.proxies[target % 3]!;
    proxy.cut();
    return { target: `node ${(target % 3) + 1}`, heal: async () => proxy.restore() };
  },
  delay: async ({ cluster }, { target }) => {
    const proxy = cluster.proxies[target % 3]!;
    const delayMs = 50 + (target % 10) * 50;
    proxy.delay(delayMs);
    return { target: `node ${(target % 3) + 1} by ${delayMs} ms`, heal: async () => proxy.restore() };
  },
  "producer-kill": async ({ fleet, load }, { target }) => {
    const instance = choose(fleet, "producer", target);
    const requests = load.inFlightAt(fleet.of("producer").indexOf(instance));
    await instance.kill();
    return { target: instance.name, requests, heal: async () => instance.revive() };
  },
  "inventory-kill": kill("inventory"),
  "analytics-kill": kill("analytics"),
  "inventory-pause": pause("inventory"),
  "analytics-pause": pause("analytics"),
  "producer-restart": restart("producer"),
  "inventory-restart": restart("inventory"),
  "analytics-restart": restart("analytics"),
};

export function strike(world: World, fault: PlannedFault): Promise<Struck> {
  return STRIKES[fault.kind](world, fault);
}

/** Side by side: a node is ready only while most of them run. */
export async function restartAll({ nodes }: Pick<ChaosCluster, "nodes">): Promise<void> {
  await Promise.all(nodes.map((node) => node.restart()));
}

function choose(fleet: Fleet, service: ServiceName, target: number): Instance {
  const instances = fleet.of(service);
  return instances[target % instances.length]!;
}

function kill(service: ServiceName): Strike {
  return async ({ fleet }, { target }) => {
    const instance = choose(fleet, service, target);
    await instance.kill();
    return { target: instance.name, heal: async () => instance.revive() };
  };
}

function pause(service: ServiceName): Strike {
  return async ({ fleet }, { target }) => {
    const instance = choose(fleet, service, target);
    await instance.pause();
    return { target: instance.name, heal: () => instance.resume() };
  };
}

function restart(service: ServiceName): Strike {
  return async ({ fleet }, { target }) => {
    const instance = choose(fleet, service, target);
    await instance.terminate();
    return { target: instance.name, heal: async () => instance.revive() };
  };
}

/** Reads the value of `--faults`. @throws Error naming what is no fault */
export function readKinds(list: string): FaultKind[] {
  return list.split(",").map((word) => {
    const kind = word.trim();
    if (Object.hasOwn(FAULTS, kind)) return kind as FaultKind;
    throw new Error(`there is no fault "${kind}"; there are: ${Object.keys(FAULTS).join(", ")}`);
  });
}
