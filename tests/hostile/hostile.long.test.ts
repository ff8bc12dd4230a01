import { afterAll, expect, test } from "vitest";
import { batches, faultsOf, heavyCases, lightCases, runCases, summaryOf, type NumberedReport } from "./run-cases.ts";

const reports: NumberedReport[] = [];

test.each([...batches(lightCases, 60), ...batches(heavyCases, 1)])(
  "every command that reads a repository withstands: %s",
  async (_, numbers) => {
    const made = await runCases("every", numbers);
    reports.push(...made);
    expect(faultsOf(made)).toEqual([]);
    expect(made).toHaveLength(numbers.length);
  },
);

afterAll(() => void process.stderr.write(summaryOf(reports)));
