/** The least service there is, as a process for `service.test.ts`: it is up, and then drains or, asked to, throws. */
import { commonSettings, integer, startService } from "./index.ts";

const { log, lifecycle, readiness } = await startService({
  name: "tester",
  description: "A service for tests.",
  settings: {
    ...commonSettings({ managementPort: 0 }),
    size: integer("TESTER_SIZE", { default: 1, min: 1, max: 5, description: "How much" }),
  },
  prefixes: ["TESTER_"],
  managementPort: 0,
});
lifecycle.onDrain("work", () => log.info("work is done"));
readiness.clear("starting");
log.info("listening", { url: "http://127.0.0.1:1" });
if (process.env.THROW) throw new Error("out of luck");
