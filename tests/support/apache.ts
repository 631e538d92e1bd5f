/** Tests on real Apache Kafka that a file starts in its own way. Where Java or Maven is missing they are skipped, which is said; with CI set that is a failure. */
import { describe } from "bun:test";
import { apacheAvailable } from "@campus/broker";

const available = await apacheAvailable();
if (!available.ok && process.env.CI) throw new Error(`real Apache Kafka is needed here: ${available.reason}`);
if (!available.ok) console.warn(`skipped: tests on real Apache Kafka (${available.reason})`);

/** `describe`, where there is one. */
export const describeOnApache = describe.skipIf(!available.ok);
