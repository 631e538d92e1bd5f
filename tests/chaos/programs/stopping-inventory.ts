/** The inventory as it is, but that it can be told to stop (SIGSTOP) in the middle of a transaction, before its offsets or before its commit. */
import { createTransactionalDelivery, startInventory } from "@campus/inventory";
import type { Consumer } from "@campus/kafka";
import { holdThread, isTriggered } from "./trigger.ts";

/** So that the decisions are on the brokers when it stops. */
const SENT_MS = 100;

export function stopIf(action: string): void {
  if (!isTriggered(action)) return;
  holdThread(SENT_MS);
  process.kill(process.pid, "SIGSTOP");
}

/** A member that stops when its membership is asked for, which is when the offsets go into the transaction. */
export function stoppingMember(member: Consumer): Consumer {
  return new Proxy(member, {
    get(target, name) {
      if (name === "groupMetadata") stopIf("stop-before-offsets");
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

if (import.meta.main)
  await startInventory({
    createDelivery: (context) =>
      createTransactionalDelivery({
        ...context,
        member: stoppingMember(context.consumer),
        beforeCommit: () => stopIf("stop-before-commit"),
      }),
  });
