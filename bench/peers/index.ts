/** The peers by name, in the order of the tables. A new one is a folder here and a line below. */
import type { Peer } from "../harness/peer.ts";
import { c } from "./c/peer.ts";
import { confluentOnBun } from "./confluent-on-bun/peer.ts";
import { fastapi } from "./fastapi/peer.ts";
import { fastifyNode } from "./fastify-node/peer.ts";
import { franzGo } from "./franz-go/peer.ts";
import { go } from "./go/peer.ts";
import { java } from "./java/peer.ts";
import { kafkaStreams } from "./kafka-streams/peer.ts";
import { kafkajs } from "./kafkajs/peer.ts";
import { officialNode } from "./official-node/peer.ts";
import { platformatic } from "./platformatic/peer.ts";
import { python } from "./python/peer.ts";
import { rabbitmq } from "./rabbitmq/peer.ts";
import { rest } from "./rest/peer.ts";

export const peers: readonly Peer[] = [
  c,
  officialNode,
  confluentOnBun,
  kafkajs,
  platformatic,
  franzGo,
  python,
  java,
  kafkaStreams,
  go,
  fastifyNode,
  fastapi,
  rest,
  rabbitmq,
];

/** What a plain `bun bench` compares with: the yardstick of the same library, which takes a compiler and a second. */
export const defaultPeers: readonly string[] = [c.name];
