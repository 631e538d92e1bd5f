import { expect, test } from "bun:test";
import { parseGroupDescription } from "./group-description.ts";

const member = "rdkafka-1b2c";

test("a group at rest", () => {
  const output = `
GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
g               b               0          3               5               2               -               -               -
g               a               10         -               5               -               -               -               -
g               a               2          5               5               0               -               -               -
`;
  const rest = { group: "g", consumerId: null, host: null, clientId: null };
  expect(parseGroupDescription(output)).toEqual([
    { ...rest, topic: "a", partition: 2, currentOffset: 5, logEndOffset: 5, lag: 0 },
    { ...rest, topic: "a", partition: 10, currentOffset: null, logEndOffset: 5, lag: null },
    { ...rest, topic: "b", partition: 0, currentOffset: 3, logEndOffset: 5, lag: 2 },
  ]);
});

test("members, a column more, and a client id with a space", () => {
  const output = `
GROUP TOPIC PARTITION LEADER-EPOCH CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID
g     t     0         7            3              5              2   ${member}   /127.0.0.1 my client
`;
  expect(parseGroupDescription(output)).toEqual([
    {
      ...{ group: "g", topic: "t", partition: 0, currentOffset: 3, logEndOffset: 5, lag: 2 },
      ...{ consumerId: member, host: "/127.0.0.1", clientId: "my client" },
    },
  ]);
});

test("nothing to say", () => {
  expect(parseGroupDescription("\nConsumer group 'g' has no active members.\n")).toEqual([]);
});
