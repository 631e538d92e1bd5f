import * as client from "@confluentinc/kafka-javascript";

export default client;
export * from "@confluentinc/kafka-javascript";
