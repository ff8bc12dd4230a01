import { expect, test } from "vitest";
import { manualClock } from "@holdfast/testkit";
import { rememberingTerminal } from "../output/terminal.fixture.ts";
import { Steps } from "./steps.ts";

function stepsOn(isInteractive: boolean, show = true) {
  const clock = manualClock();
  const terminal = rememberingTerminal({ isInteractive });
  return { clock, terminal, steps: new Steps(terminal, clock, show) };
}

test("a log gets one line for each thing done, with how long it took, and no escape sequence", async () => {
  const { clock, terminal, steps } = stepsOn(false);
  steps.chapter("Protecting");
  await steps.step(
    "Backing up",
    async (report) => {
      clock.advanceMs(12_000);
      report({ fraction: 0.5, text: "5 of 10 files", detail: "a.txt" });
      clock.advanceMs(1000);
      return 10;
    },
    (files) => `Backed up ${files} files`,
  );
  expect(terminal.output).toBe("\nProtecting\n  Backed up 10 files (13 s)\n");
  expect(terminal.errors).toBe("  Backing up: 50 %, 5 of 10 files\n");
});

test("a terminal sees what is going on until it is done", async () => {
  const { terminal, steps } = stepsOn(true);
  await steps.step(
    "Backing up",
    async () => {},
    () => "Backed up",
  );
  expect(terminal.errors).toBe("\r\x1b[KBacking up: …\r\x1b[K");
  expect(terminal.output).toBe("  Backed up (0 ms)\n");
});

test("a step that fails is named, and its failure goes on", async () => {
  const { terminal, steps } = stepsOn(false);
  const failing = steps.step(
    "Backing up",
    () => Promise.reject(new Error("no")),
    () => "",
  );
  await expect(failing).rejects.toThrow("no");
  expect(terminal.output).toBe("  Backing up: this did not work\n");
});

test("nothing is said when nothing was asked for", async () => {
  const { terminal, steps } = stepsOn(false, false);
  await steps.step(
    "Backing up",
    async () => {},
    () => "Backed up",
  );
  expect(terminal.output + terminal.errors).toBe("");
});
