import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test("durations are Go's, as restic takes them", () => {
  expect(["0", "90s", "5m", "1h30m", "1.5h", "250ms"].map((text) => parseDuration(text, "--retry-lock"))).toEqual([
    0, 90_000, 300_000, 5_400_000, 5_400_000, 250,
  ]);
});

test.each(["", "5", "5 m", "5m!", "m5", "-5m"])("a duration %j is refused by name", (text) => {
  expect(() => parseDuration(text, "--retry-lock")).toThrow(expect.objectContaining({ code: "CLI_USAGE" }));
});
