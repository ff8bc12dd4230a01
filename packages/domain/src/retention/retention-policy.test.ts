import { expect, test } from "vitest";
import { parseCalendarDuration } from "./calendar-duration.ts";
import { describePolicy, isEmptyPolicy, type RetentionPolicy } from "./retention-policy.ts";

const span = (text: string) => parseCalendarDuration(text)!;

// The words are those of restic 0.19.1 for the same flags.
test.each<[RetentionPolicy, string]>([
  [{}, "remove"],
  [{ last: 0, counts: { daily: 0 }, within: span("0d"), bucketsWithin: { hourly: span("") }, tags: [] }, "remove"],
  [{ last: 1 }, "keep 1 latest snapshots"],
  [{ last: -1 }, "keep all latest snapshots"],
  [{ tags: [["nope"]] }, "keep all snapshots with tags [[nope]]"],
  [{ within: span("1h") }, "keep all snapshots within 1h of the newest"],
  [
    { counts: { hourly: 1 }, bucketsWithin: { hourly: span("1y"), daily: span("2y") } },
    "keep 1 hourly snapshots, hourly snapshots within 1y, daily snapshots within 2y",
  ],
  [
    {
      last: 2,
      counts: { daily: 1, weekly: -1 },
      within: span("1y2m3d4h"),
      bucketsWithin: { daily: span("20d"), yearly: span("2y") },
      tags: [["a", "b"], ["c"]],
    },
    "keep 2 latest, 1 daily, all weekly snapshots, daily snapshots within 20d, yearly snapshots within 2y" +
      " and all snapshots with tags [[a, b] [c]] and all snapshots within 1y2m3d4h of the newest",
  ],
])("a policy reads as restic words it: %j", (policy, text) => {
  expect(describePolicy(policy)).toBe(text);
  expect(isEmptyPolicy(policy)).toBe(text === "remove");
});
