/**
 * Whether a JSON value is an order, and if not, everything that is wrong with it. The check that every request passes
 * is the contract's schema, compiled; faults are looked for only when it says no. The two agree on every value, which a
 * property test holds.
 */
import {
  BATCH_MAX_ORDERS,
  ITEM_MAX_CHARACTERS,
  OrderBatchRequest,
  OrderRequest,
  QUANTITY_MAX,
  USER_ID_MAX_CHARACTERS,
} from "@campus/events";
import { TypeCompiler } from "@sinclair/typebox/compiler";

const orderCheck = TypeCompiler.Compile(OrderRequest);
const batchCheck = TypeCompiler.Compile(OrderBatchRequest);

/** Most faults that are listed one by one; all are counted. */
export const FAULTS_LISTED_MAX = 100;

/** One thing that is wrong. */
export interface Fault {
  /** Where, as a JSON Pointer (RFC 6901). */
  path: string;
  /** In a batch: which order, from 0. */
  index?: number;
  /** Which field of the order. */
  field?: string;
  /** What it must be. */
  rule: string;
}

export interface Faults {
  total: number;
  /** The first of them, up to `FAULTS_LISTED_MAX`. */
  listed: Fault[];
}

/** Texts in the JSON of one order: three names of fields and two values. */
export const ORDER_TEXTS = 5;

export function isOrder(value: unknown): value is OrderRequest {
  return orderCheck.Check(value);
}

export function isOrderBatch(value: unknown): value is OrderBatchRequest {
  return batchCheck.Check(value);
}

/** What keeps a value from being an order. */
export function orderFaults(value: unknown): Faults {
  const faults: Faults = { total: 0, listed: [] };
  findOrderFaults(value, { faults, path: "" });
  return faults;
}

/** What keeps a value from being a batch of orders. */
export function orderBatchFaults(value: unknown): Faults {
  const faults: Faults = { total: 0, listed: [] };
  const at: Place = { faults, path: "" };
  if (!isObject(value)) {
    add(at, "must be an object with the field orders");
    return faults;
  }
  findStrangers(value, ["orders"], at);
  const ordersAt = inField(at, "orders");
  if (!Object.hasOwn(value, "orders")) add(ordersAt, "is missing");
  else if (!Array.isArray(value.orders)) add(ordersAt, "must be a list of orders");
  else {
    const { orders } = value;
    if (orders.length < 1) add(ordersAt, "must have at least 1 order");
    if (orders.length > BATCH_MAX_ORDERS) add(ordersAt, `must have at most ${BATCH_MAX_ORDERS} orders`);
    orders.forEach((order, index) => {
      findOrderFaults(order, { faults, path: `/orders/${index}`, index });
    });
  }
  return faults;
}

/** Where in the body the search is, and where it writes down what it finds. */
interface Place {
  faults: Faults;
  path: string;
  index?: number;
  field?: string;
}

function inField(place: Place, field: string): Place {
  return { ...place, path: `${place.path}/${field}`, field };
}

function add({ faults, ...where }: Place, rule: string): void {
  faults.total += 1;
  if (faults.listed.length < FAULTS_LISTED_MAX) faults.listed.push({ ...where, rule });
}

function findOrderFaults(value: unknown, at: Place): void {
  if (!isObject(value)) {
    add(at, "must be an object with the fields user_id, item and quantity");
    return;
  }
  for (const [field, check] of Object.entries(FIELD_CHECKS)) {
    const fieldAt = inField(at, field);
    if (Object.hasOwn(value, field)) check(value[field], fieldAt);
    else add(fieldAt, "is missing");
  }
  findStrangers(value, Object.keys(FIELD_CHECKS), at);
}

const FIELD_CHECKS: Readonly<Record<keyof OrderRequest, (value: unknown, at: Place) => void>> = {
  user_id: (value, at) => findTextFaults(value, USER_ID_MAX_CHARACTERS, at),
  item: (value, at) => findTextFaults(value, ITEM_MAX_CHARACTERS, at),
  quantity: findQuantityFaults,
};

function findTextFaults(value: unknown, max: number, at: Place): void {
  if (typeof value !== "string") {
    add(at, "must be a text");
    return;
  }
  if (value === "") add(at, "must have at least 1 character");
  if (characterCount(value) > max) add(at, `must have at most ${max} characters`);
  if (value.includes("\0")) add(at, "must not have a NUL character");
  if (!value.isWellFormed()) add(at, "must be valid Unicode, without half of a surrogate pair");
}

function findQuantityFaults(value: unknown, at: Place): void {
  if (typeof value !== "number") {
    add(at, "must be a number");
    return;
  }
  if (!Number.isInteger(value)) add(at, "must be a whole number");
  if (value < 1) add(at, "must be at least 1");
  if (value > QUANTITY_MAX) add(at, `must be at most ${QUANTITY_MAX}`);
}

/** A stranger's name comes from the client, so it is given back only if it reads like the name of a field. */
function findStrangers(value: object, known: readonly string[], at: Place): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const place = /^[A-Za-z_][\w-]{0,39}$/.test(name) ? inField(at, name) : at;
    add(place, place === at ? `must have no fields but ${known.join(", ")}` : "is not a known field");
  }
}

/** Code points: a character outside the Basic Multilingual Plane counts once, as in the schema. */
function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
