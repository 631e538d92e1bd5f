/** Every command there is, in the order in which help lists them. */
import type { Command } from "./command.ts";
import { groupsDelete } from "./commands/groups-delete.ts";
import { groupsDescribe } from "./commands/groups-describe.ts";
import { groupsLs } from "./commands/groups-ls.ts";
import { lag } from "./commands/lag.ts";
import { offsetsReset } from "./commands/offsets-reset.ts";
import { topicsDescribe } from "./commands/topics-describe.ts";
import { topicsLs } from "./commands/topics-ls.ts";
import { verify } from "./commands/verify.ts";

export const COMMANDS: readonly Command[] = [
  lag,
  groupsLs,
  groupsDescribe,
  groupsDelete,
  offsetsReset,
  topicsLs,
  topicsDescribe,
  verify,
];
