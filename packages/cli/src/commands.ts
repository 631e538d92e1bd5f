/** Every command there is, in the order in which help lists them. */
import type { Command } from "./command.ts";
import { completion } from "./commands/completion.ts";
import { dlqLs } from "./commands/dlq-ls.ts";
import { dlqPurge } from "./commands/dlq-purge.ts";
import { dlqRedrive } from "./commands/dlq-redrive.ts";
import { dlqShow } from "./commands/dlq-show.ts";
import { doctor } from "./commands/doctor.ts";
import { groupsDelete } from "./commands/groups-delete.ts";
import { groupsDescribe } from "./commands/groups-describe.ts";
import { groupsLs } from "./commands/groups-ls.ts";
import { lag } from "./commands/lag.ts";
import { load } from "./commands/load.ts";
import { offsetsBackup } from "./commands/offsets-backup.ts";
import { offsetsReset } from "./commands/offsets-reset.ts";
import { offsetsRestore } from "./commands/offsets-restore.ts";
import { order } from "./commands/order.ts";
import { replay } from "./commands/replay.ts";
import { topicsCreate } from "./commands/topics-create.ts";
import { topicsDescribe } from "./commands/topics-describe.ts";
import { topicsLs } from "./commands/topics-ls.ts";
import { topicsSample } from "./commands/topics-sample.ts";
import { topicsTail } from "./commands/topics-tail.ts";
import { verify } from "./commands/verify.ts";

export const COMMANDS: readonly Command[] = [
  doctor,
  lag,
  groupsLs,
  groupsDescribe,
  groupsDelete,
  offsetsReset,
  offsetsBackup,
  offsetsRestore,
  topicsLs,
  topicsDescribe,
  topicsCreate,
  topicsTail,
  topicsSample,
  replay,
  dlqLs,
  dlqShow,
  dlqRedrive,
  dlqPurge,
  verify,
  order,
  load,
  completion,
];
