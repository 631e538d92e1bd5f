/** The analytics consumer as a process. */
import { startAnalytics } from "./start-analytics.ts";

await startAnalytics();
