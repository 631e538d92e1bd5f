/**
 * What is counted, pure: the counts of one input partition, how an event changes them, and what all partitions come to.
 * The clock is an argument, so a replay of the same events at the same time gives the same figures.
 */
import type { Event } from "@campus/events";
import { createWindow, type SlidingWindow } from "./window.ts";

/** The counts of one input partition, up to some offset of it. */
export interface Counts {
  /** Orders placed. */
  orders: number;
  /** Orders whose stock was reserved. */
  reserved: number;
  /** Orders whose stock was not. */
  failed: number;
  /** The orders placed within the last minute. */
  readonly lastMinute: SlidingWindow;
}

/** What all partitions come to at one moment. */
export interface Totals {
  readonly orders: number;
  readonly reserved: number;
  readonly failed: number;
  readonly ordersPerMinute: number;
  /** Everything counted: orders and decisions. */
  readonly events: number;
}

/** The counts of a partition of which nothing was read. */
export function createCounts(): Counts {
  return { orders: 0, reserved: 0, failed: 0, lastMinute: createWindow() };
}

/** Counts one event. An order counts in the last minute by its own timestamp, whenever it is read. */
export function countEvent(counts: Counts, event: Event, nowMs: number): void {
  switch (event.event_type) {
    case "OrderPlaced":
      counts.orders++;
      counts.lastMinute.add(Date.parse(event.timestamp), nowMs);
      break;
    case "InventoryReserved":
      counts.reserved++;
      break;
    case "InventoryFailed":
      counts.failed++;
      break;
  }
}

/** How many events one partition's counts stand for. */
export function eventsOf({ orders, reserved, failed }: Counts): number {
  return orders + reserved + failed;
}

/** The sum over all partitions. */
export function totalsOf(partitions: Iterable<Counts>, nowMs: number): Totals {
  let [orders, reserved, failed, ordersPerMinute] = [0, 0, 0, 0];
  for (const counts of partitions) {
    orders += counts.orders;
    reserved += counts.reserved;
    failed += counts.failed;
    ordersPerMinute += counts.lastMinute.count(nowMs);
  }
  return { orders, reserved, failed, ordersPerMinute, events: orders + reserved + failed };
}
