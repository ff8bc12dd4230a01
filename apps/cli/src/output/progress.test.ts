import { expect, test } from "vitest";
import { manualClock } from "@holdfast/testkit";
import { ProgressDisplay, type ProgressStyle } from "./progress.ts";
import { rememberingTerminal } from "./terminal.fixture.ts";

function display(style: ProgressStyle, isInteractive = true) {
  const clock = manualClock();
  const terminal = rememberingTerminal({ isInteractive });
  const shown = new ProgressDisplay<number>(terminal, clock, {
    style,
    describe: (done) => ({ fraction: done / 100, text: `${done} files`, detail: "x".repeat(200) }),
    message: (done) => ({ message_type: "status", files_done: done }),
  });
  return { clock, terminal, shown };
}

test("scripts get at most ten status messages a second", () => {
  const { clock, terminal, shown } = display("json");
  for (let done = 0; done < 100; done += 1) {
    shown.update(done);
    clock.advanceMs(10);
  }
  expect(terminal.output.trim().split("\n")).toHaveLength(10);
  expect(JSON.parse(terminal.output.split("\n")[0]!)).toEqual({ message_type: "status", files_done: 0 });
});

test("a log gets a plain line every ten seconds and no escape sequence", () => {
  const { clock, terminal, shown } = display("lines", false);
  for (let second = 0; second < 35; second += 1) {
    shown.update(second);
    clock.advanceMs(1000);
  }
  shown.end();
  expect(terminal.errors).toBe(" 10 % 10 files\n 20 % 20 files\n 30 % 30 files\n");
});

test("a bar is one line that fits, and is gone before the summary", () => {
  const { clock, terminal, shown } = display("bar");
  shown.update(50);
  clock.advanceMs(1000);
  shown.update(75);
  shown.end();
  const drawn = terminal.errors.split("\r\x1b[K");
  expect(drawn.at(-1)).toBe("");
  expect(drawn[1]).toMatch(/^\[=+ +\]  50 % 50 files {2}x+$/);
  for (const line of drawn) expect(line.length).toBeLessThan(terminal.columns);
});

test("nothing at all is shown when nothing was asked for", () => {
  const { terminal, shown } = display("none");
  shown.update(1);
  shown.end();
  expect(terminal.errors + terminal.output).toBe("");
});
