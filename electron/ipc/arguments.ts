/** What a page sends is held against the channel's schema before anything looks at it. */
import * as v from "valibot";
import { forbiddenName, forbiddenNames } from "../../experiments/own-keys.ts";
import { channels, type ArgumentsOf, type ChannelName } from "./channels.ts";

/** @throws {TypeError} with channel, argument and what is wrong with it */
export function checkedArguments<Name extends ChannelName>(name: Name, args: unknown[]): ArgumentsOf<Name> {
  const [bad] = forbiddenNames(args);
  if (bad) throw new TypeError(`${name}: argument ${bad.join(".")}: ${forbiddenName(String(bad.at(-1)))}`);
  // nothing of a schema is worth all issues of a hostile argument
  const checked = v.safeParse(channels[name].arguments as unknown as v.GenericSchema<unknown, ArgumentsOf<Name>>, args, {
    abortEarly: true,
  });
  if (checked.success) return checked.output;
  const issue = checked.issues[0];
  throw new TypeError(`${name}: argument ${v.getDotPath(issue) ?? ""}: ${issue.message}`.slice(0, 500));
}
