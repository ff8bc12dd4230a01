/**
 * A flag of a command, as data: commander reads it, the help prints it, and docs/cli.md is made from it.
 * `flags` is in commander's notation ("-e, --exclude <pattern>"); `text` is one line for the help.
 */
interface FlagText {
  readonly flags: string;
  readonly text: string;
  /** The heading it stands under in the help. */
  readonly group?: string;
}
export interface Toggle extends FlagText {
  readonly kind: "toggle";
}
export interface Counted extends FlagText {
  readonly kind: "counted";
}
export interface Single<Choice extends string = string> extends FlagText {
  readonly kind: "single";
  readonly choices?: readonly Choice[];
}
export interface Repeated extends FlagText {
  readonly kind: "repeated";
  /** The setting of the environment that is taken when the flag is not given. */
  readonly setting?: "host";
}
export type Flag = Toggle | Counted | Single | Repeated;

/** Flags by the camel-case form of their long name: `excludeFile` is `--exclude-file`, `noLock` is `--no-lock`. */
export type FlagTable = Readonly<Record<string, Flag>>;

type FlagValue<F extends Flag> = F extends Toggle
  ? boolean
  : F extends Counted
    ? number
    : F extends Repeated
      ? readonly string[]
      : F extends Single<infer Choice>
        ? Choice | undefined
        : never;

/** What a command finds: true or false, how often, the value or undefined, or every value in order. */
export type FlagValues<Flags extends FlagTable> = { readonly [Name in keyof Flags]: FlagValue<Flags[Name]> };

export const toggle = (flags: string, text: string): Toggle => ({ kind: "toggle", flags, text });
export const counted = (flags: string, text: string): Counted => ({ kind: "counted", flags, text });
export const repeated = (flags: string, text: string): Repeated => ({ kind: "repeated", flags, text });
export const single = (flags: string, text: string): Single => ({ kind: "single", flags, text });
export const choice = <const Choice extends string>(
  flags: string,
  choices: readonly Choice[],
  text: string,
): Single<Choice> => ({ kind: "single", flags, choices, text });

/** The same flags under a heading of their own. */
export function under<Flags extends FlagTable>(group: string, flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, group }])) as Flags;
}
