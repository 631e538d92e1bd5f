/** What counts as a secret, and that no text keeps one. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { isSecret, Secrets } from "./secrets.ts";

test("passwords, keys and tokens are secrets; names, paths and certificates are needed in messages", () => {
  const secret = [
    "sasl.password",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.client.credentials.client.secret",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.private.key.pem",
    "some.plugin.password",
  ];
  const plain = ["sasl.username", "ssl.key.location", "ssl.ca.pem", "client.id", "sasl.oauthbearer.scope"];
  expect(secret.filter((name) => !isSecret(name))).toEqual([]);
  expect(plain.filter(isSecret)).toEqual([]);
});

test("every secret goes, also one that is part of another", () => {
  const secrets = new Secrets({
    "sasl.password": "swordfish",
    "ssl.key.password": "fish",
    "client.id": "me",
  });
  expect(secrets.redact("swordfish of me, fish")).toBe("[redacted] of me, [redacted]");
});

test("a token is a secret as long as it is in use", () => {
  const secrets = new Secrets();
  secrets.add("a.b.c.d");
  expect(secrets.redact("token a.b.c.d")).toBe("token [redacted]");
  secrets.drop("a.b.c.d");
  expect(secrets.redact("token a.b.c.d")).toBe("token a.b.c.d");
});

test("no text keeps a secret, wherever it stands", () => {
  const secret = fc.string({ minLength: 4 }).filter((text) => text.trim().length >= 4);
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1 }), fc.array(fc.string()), (values, between) => {
      const [password, ...others] = values.filter((value) => !"[redacted]".includes(value.trim()));
      if (password === undefined) return;
      const secrets = new Secrets({ "sasl.password": password });
      for (const value of others) secrets.add(value);
      const redacted = secrets.redact(values.flatMap((value, i) => [between[i] ?? "", value]).join("-"));
      for (const value of [password, ...others]) {
        expect(redacted.replaceAll("[redacted]", "\0")).not.toContain(value.trim());
      }
    }),
  );
});
