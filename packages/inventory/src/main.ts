/** The inventory consumer as a program. */
import { startInventory } from "./inventory.ts";

await startInventory();
