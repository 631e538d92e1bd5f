/**
 * How a partition's parcels get into Kafka. There are two ways, chosen by INVENTORY_DELIVERY: a transaction for each parcel (transactional-delivery.ts), or
 * publish, wait for the acknowledgements, commit (acknowledged-delivery.ts). A lane (lane.ts) knows neither.
 */
import type { ClientOptions, Consumer, TopicPartition } from "@campus/kafka";
import type { Logger } from "@campus/service";
import type { Counters } from "./counters.ts";
import type { Parcel } from "./parcel.ts";

/** One partition's way into Kafka. Its calls are made one at a time. */
export interface Delivery {
  /**
   * Settles what was left unfinished for this partition, by this process or by one before it: afterwards nothing of that can come true any more.
   * Resolves with the group's committed offset, -1 where there is none.
   * @throws KafkaError: nothing is settled, call it again
   */
  settle(): Promise<number>;
  /**
   * Publishes the parcel's decisions and commits its offset.
   * @param signal fires when the partition is no longer this process's: nothing may be committed after it
   * @throws KafkaError: it is not done, or nobody knows; what holds is what `settle` then says. The signal's reason.
   */
  deliver(parcel: Parcel, signal: AbortSignal): Promise<void>;
  /** The partition goes. Called after `deliver` has ended; waits for a `settle` that is under way. */
  close(): Promise<void>;
}

/** What a delivery is made from. */
export interface DeliveryContext {
  readonly partition: TopicPartition;
  readonly groupId: string;
  readonly client: ClientOptions;
  readonly consumer: Consumer;
  readonly log: Logger;
  readonly counters: Counters;
}

export type CreateDelivery = (context: DeliveryContext) => Delivery;
