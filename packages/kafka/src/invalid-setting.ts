/** Errors about options: what is wrong and what is right, never a secret value. */
import { KafkaError } from "./error.ts";
import { nearest } from "./native/conf-refusal.ts";
import { ErrCode } from "./native/error-codes.ts";

/** `_INVALID_ARG`, of the operation `configure`. */
export function invalidSetting(message: string): KafkaError {
  return new KafkaError({ code: ErrCode.invalidArgument, operation: "configure", message });
}

/**
 * Throws for a name that an option does not have: TypeScript only sees those in literals.
 * @param elsewhere names that people know from other clients, with ours
 */
export function refuseUnknownNames(
  option: string,
  given: object,
  names: readonly string[],
  elsewhere: Readonly<Record<string, string>> = {},
): void {
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const meant = Object.hasOwn(elsewhere, name) ? elsewhere[name] : nearest(name, names);
    const advice = meant ? `did you mean "${meant}"?` : `it takes ${names.join(", ")}`;
    throw invalidSetting(`${option} has no ${JSON.stringify(name.slice(0, 60))}; ${advice}`);
  }
}
