/** The members of a group in words: who they are and what they read. */
import type { GroupMember } from "@campus/kafka";
import { renderTable } from "./table.ts";
import { comparePartitions } from "./topics.ts";

/** A line a member, under one that names the columns. */
export function formatMembers(members: readonly GroupMember[]): string {
  const columns = ["CONSUMER", "CLIENT", "HOST", "PARTITIONS"].map((title) => ({ title }));
  const rows = members.map((member) => [
    member.memberId,
    member.clientId,
    member.host,
    formatAssignment(member.assignment),
  ]);
  return renderTable(columns, rows, { styled: false });
}

/** `order-events/0,1,2 inventory-events/0` */
export function formatAssignment(assignment: GroupMember["assignment"]): string {
  const byTopic = Map.groupBy(assignment.toSorted(comparePartitions), ({ topic }) => topic);
  return [...byTopic]
    .map(([topic, places]) => `${topic}/${places.map(({ partition }) => partition).join(",")}`)
    .join(" ");
}
