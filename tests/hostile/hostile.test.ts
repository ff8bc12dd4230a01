import { afterAll, describe, expect, test } from "vitest";
import { hostileCases } from "./all-cases.ts";
import { batches, faultsOf, heavyCases, lightCases, runCases, summaryOf, type NumberedReport } from "./run-cases.ts";

const reports: NumberedReport[] = [];

describe("whatever a repository says", () => {
  test("there are at least 300 cases, each with a name of its own", () => {
    expect(new Set(hostileCases.map(({ name }) => name)).size).toBe(hostileCases.length);
    expect(hostileCases.length).toBeGreaterThanOrEqual(300);
  });

  test.each(batches(lightCases, 120))(
    "nothing is written outside the target, everything ends, every failure has a name: %s",
    async (_, numbers) => {
      const made = await runCases("core", numbers);
      reports.push(...made);
      expect(faultsOf(made)).toEqual([]);
      expect(made).toHaveLength(numbers.length);
    },
  );

  test("of some cases, every command that reads a repository", async () => {
    const made = await runCases(
      "every",
      lightCases.filter((number) => number % 12 === 0),
    );
    expect(faultsOf(made)).toEqual([]);
  });

  test.each(batches(heavyCases, 1))("memory stays bounded: %s", async (_, numbers) => {
    const made = await runCases("core", numbers);
    reports.push(...made);
    expect(faultsOf(made)).toEqual([]);
  });

  test("each case ends as it did when somebody last looked at it", async () => {
    expect(reports).toHaveLength(hostileCases.length);
    await expect(outcomeText(reports)).toMatchFileSnapshot("outcomes.txt");
  });
});

/** Listing, restoring and checking of each case, for a reviewer. */
function outcomeText(all: readonly NumberedReport[]): string {
  const lines = all
    .filter(({ number }) => hostileCases[number]!.isEndless !== true) // stopped, and who knows where
    .toSorted((left, right) => left.number - right.number)
    .map(({ name, outcomes }) => {
      const told = outcomes
        .filter(({ command }) => /^(?:ls|restore|check)/.test(command) && !command.includes("--verify"))
        .map(({ command, exitCode, codes }) => [command.split(" ")[0], exitCode, codes.join("+")].join(" ").trim());
      return `${name}\n    ${told.join(", ")}\n`;
    });
  return lines.join("");
}

afterAll(() => void process.stderr.write(summaryOf(reports)));
