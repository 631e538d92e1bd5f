import { expect, test } from "bun:test";
import { createTransactionGap } from "./transaction-gap.ts";

test("waits longer where it was too short, and slowly less again, within bounds", () => {
  let time = 0;
  const gap = createTransactionGap(() => time);
  expect(gap.remainingMs()).toBe(0);
  gap.ended();
  expect(gap.remainingMs()).toBe(16);
  time += 15;
  expect(gap.remainingMs()).toBe(1);
  time += 3;
  expect(gap.remainingMs()).toBe(0);
  gap.learn(false);
  gap.ended();
  expect(gap.remainingMs()).toBe(32);
  for (let i = 0; i < 3_465; i++) gap.learn(true);
  expect(gap.remainingMs()).toBeCloseTo(16, 1);
  for (let i = 0; i < 20; i++) gap.learn(false);
  expect(gap.remainingMs()).toBe(64);
  for (let i = 0; i < 30_000; i++) gap.learn(true);
  expect(gap.remainingMs()).toBe(1);
});
