/**
 * What coming and going of partitions means here: counts are taken over before anything is read, kept before anything is
 * given back, and whoever gets the writer's partition writes a report at once, and a last one when it goes.
 */
import type { RebalanceHandlers, TopicPartition } from "@campus/kafka";
import type { Logger } from "@campus/service";
import { keyOf, type Processor } from "./processor.ts";
import { type Reporter, WRITERS_PARTITION } from "./reporter.ts";

export interface MembershipOptions {
  readonly processor: Pick<Processor, "assigned" | "save" | "drop">;
  readonly reporter: Pick<Reporter, "report" | "begin">;
  readonly log: Logger;
  /** The group has let this instance in, with partitions or without. */
  readonly onJoined: () => void;
}

/** The consumer's rebalance handlers, and the saving that goes on between them. */
export interface Membership extends Required<RebalanceHandlers> {
  /** Saves what was counted. A save that fails is said and made up for by the next one; never rejects. */
  save(): Promise<void>;
}

export function createMembership({ processor, reporter, log, onJoined }: MembershipOptions): Membership {
  async function save(): Promise<void> {
    await processor.save().catch((error) => log.warn("not committed this time: {error}", { error }));
  }

  return {
    save,

    async onAssigned(partitions) {
      const starts = await processor.assigned(partitions);
      log.info("assigned {partitions}", { partitions: names(partitions) });
      onJoined();
      if (includesWriters(partitions)) {
        reporter.begin();
        void reporter.report();
      }
      return starts;
    },

    async onRevoked(partitions) {
      // Side by side: when Kafka does not answer, the figures are written all the same.
      await Promise.all([save(), includesWriters(partitions) ? reporter.report() : undefined]);
      processor.drop(partitions);
      log.info("gave back {partitions}", { partitions: names(partitions) });
    },

    onLost(partitions) {
      processor.drop(partitions);
      log.warn("lost {partitions}: the group went on without it", { partitions: names(partitions) });
    },
  };
}

function names(partitions: readonly TopicPartition[]): string {
  return partitions.map(keyOf).join(" ") || "nothing new";
}

function includesWriters(partitions: readonly TopicPartition[]): boolean {
  return partitions.some((partition) => keyOf(partition) === keyOf(WRITERS_PARTITION));
}
