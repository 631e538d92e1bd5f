import { describe, expect, test } from "bun:test";
import { API_KEYS_MAX, ApiKeysError, loadApiKeys } from "./api-keys.ts";

const FILE = `# who orders
canteen 4f1c2a8d9b7e6053a1c4
  kiosk\tsha256:${Bun.SHA256.hash("the key of the kiosk", "hex")}

canteen  another-key-of-the-canteen\r
`;

const load = (text: string) => loadApiKeys(async () => text);

async function nameFor(headers: Record<string, string>): Promise<string | undefined> {
  return (await load(FILE)).identify(new Headers(headers));
}

test.each([
  ["4f1c2a8d9b7e6053a1c4", "canteen"],
  ["another-key-of-the-canteen", "canteen"],
])("the key %s is %s's, in either header", async (key, name) => {
  expect(await nameFor({ authorization: `Bearer ${key}` })).toBe(name);
  expect(await nameFor({ authorization: `bearer  ${key}` })).toBe(name);
  expect(await nameFor({ "x-api-key": key })).toBe(name);
});

test("a key may be kept as its digest, which is no key itself", async () => {
  expect(await nameFor({ "x-api-key": "the key of the kiosk" })).toBe("kiosk");
  const digest = Bun.SHA256.hash("the key of the kiosk", "hex");
  for (const key of [digest, `sha256:${digest}`]) expect(await nameFor({ "x-api-key": key })).toBeUndefined();
});

test.each<Record<string, string>>([
  {},
  { authorization: "" },
  { authorization: "Bearer" },
  { authorization: "Bearer 4f1c2a8d9b7e6053a1c" },
  { authorization: "Bearer 4f1c2a8d9b7e6053a1c4x" },
  { authorization: "Basic 4f1c2a8d9b7e6053a1c4" },
  { authorization: "4f1c2a8d9b7e6053a1c4" },
  { authorization: "Basic x", "x-api-key": "4f1c2a8d9b7e6053a1c4" },
  { "x-api-key": "" },
  { "x-api-key": "canteen" },
])("%p is nobody", async (headers) => {
  expect(await nameFor(headers)).toBeUndefined();
});

describe("a file that is refused, by line and without a word of it", () => {
  test.each([
    ["", "there is no key in it"],
    ["# only words\n", "there is no key in it"],
    ["ok 4f1c2a8d9b7e6053a1c4\nhunter2", "line 2: expected a name and a key"],
    ["a hunter2-hunter2-hunter2 hunter2", "line 1: expected a name and a key"],
    ["a hunter2", "line 1: a key has at least 16 characters"],
    ["-a hunter2-hunter2-hunter2", "line 1: a name"],
    ["a hünter2-hünter2-hünter2", "line 1: a key is made of printable ASCII"],
    ["a sha256:hunter2", "line 1: sha256: takes 64"],
    ["a 4f1c2a8d9b7e6053a1c4\n".repeat(API_KEYS_MAX + 1), "more than"],
  ])("%#", async (text, words) => {
    const error = await load(text).catch((error) => error);
    expect(error).toBeInstanceOf(ApiKeysError);
    expect(error.message).toContain(words);
    expect(error.message).not.toContain("nter2");
  });
});

test("reloading changes who is let in; a broken file changes nothing", async () => {
  let text = "a 4f1c2a8d9b7e6053a1c4";
  const keys = await loadApiKeys(async () => text);
  const nameOf = (key: string) => keys.identify(new Headers({ "x-api-key": key }));
  text = "b new-key-new-key-new-key";
  expect(await keys.reload()).toBe(1);
  expect([nameOf("4f1c2a8d9b7e6053a1c4"), nameOf("new-key-new-key-new-key")]).toEqual([undefined, "b"]);
  text = "c";
  expect(await keys.reload().catch((error) => error)).toBeInstanceOf(ApiKeysError);
  expect(nameOf("new-key-new-key-new-key")).toBe("b");
});
