import { HoldfastError } from "@holdfast/base";
import {
  bucketKinds,
  defaultGrouping,
  parseCalendarDuration,
  parseGrouping,
  unlimited,
  type GroupCriterion,
  type RetentionPolicy,
} from "@holdfast/domain";
import { cliErrors } from "./errors.ts";
import type { FlagValues } from "./flag.ts";
import { splitTags } from "./snapshot-filter.ts";
import type { keepFlags } from "./table/forget-commands.ts";

/** The policy that the --keep flags ask for. @throws CLI_USAGE */
export function retentionPolicy(flags: FlagValues<typeof keepFlags>): RetentionPolicy {
  const { keepWithin, keepTag } = flags;
  const within = keepWithin === undefined ? undefined : durationOf(keepWithin, "--keep-within");
  const counts = bucketKinds.map((kind) => [kind, countOf(flags[countFlagOf[kind]], `--keep-${kind}`)] as const);
  const durations = bucketKinds.flatMap((kind) => {
    const text = flags[withinFlagOf[kind]];
    return text === undefined ? [] : [[kind, durationOf(text, `--keep-within-${kind}`)] as const];
  });
  return {
    last: countOf(flags.keepLast, "--keep-last"),
    counts: Object.fromEntries(counts),
    ...(within !== undefined && { within }),
    bucketsWithin: Object.fromEntries(durations),
    tags: keepTag.map(splitTags),
  };
}

const countFlagOf = {
  hourly: "keepHourly",
  daily: "keepDaily",
  weekly: "keepWeekly",
  monthly: "keepMonthly",
  yearly: "keepYearly",
} as const;
const withinFlagOf = {
  hourly: "keepWithinHourly",
  daily: "keepWithinDaily",
  weekly: "keepWithinWeekly",
  monthly: "keepWithinMonthly",
  yearly: "keepWithinYearly",
} as const;

function countOf(text: string | undefined, flag: string): number {
  if (text === undefined) return 0;
  if (text === "unlimited") return unlimited;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new HoldfastError(cliErrors.usage, `${flag} wants a whole number or "unlimited", not "${text}".`);
}

function durationOf(text: string, flag: string) {
  const duration = parseCalendarDuration(text);
  if (duration !== undefined) return duration;
  throw new HoldfastError(cliErrors.usage, `${flag} wants a duration such as 1y5m7d2h, not "${text}".`);
}

/** What --group-by asks for. @throws CLI_USAGE */
export function groupingOf(text: string | undefined): readonly GroupCriterion[] {
  const criteria = text === undefined ? defaultGrouping : parseGrouping(text);
  if (criteria !== undefined) return criteria;
  throw new HoldfastError(
    cliErrors.usage,
    `--group-by wants host, paths and tags, separated by commas, not "${text}".`,
  );
}
