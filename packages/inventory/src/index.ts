/** What tests replace pieces of the inventory consumer with: see inventory.ts. */
export { GROUP } from "./config.ts";

export type { CreateDelivery, Delivery, DeliveryContext } from "./delivery.ts";
export { type InventoryPieces, startInventory } from "./inventory.ts";
export type { Decisions, Parcel } from "./parcel.ts";
export { createTransactionalDelivery, type TransactionalDeliveryOptions } from "./transactional-delivery.ts";
