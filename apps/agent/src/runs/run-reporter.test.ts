import { expect, test } from "vitest";
import type { MessageFromAgent } from "@holdfast/contract";
import { manualClock } from "@holdfast/testkit";
import { RunReporter } from "./run-reporter.ts";

const run = { runId: "018f0000-0000-7000-8000-000000000001", leaseId: "018f0000-0000-7000-8000-0000000000aa" };

function reporter() {
  const clock = manualClock();
  const sent: MessageFromAgent[] = [];
  let isConnected = true;
  const one = new RunReporter(run, clock, (message) => isConnected && sent.push(message) > 0);
  const texts = () => sent.flatMap((message) => (message.type === "log" ? message.lines.map((line) => line.text) : []));
  const progress = (phase: string, filesDone: number) =>
    one.progress({ phase, filesDone, bytesDone: 0, errors: 0, current: [] });
  return { one, clock, sent, texts, progress, connect: (is: boolean) => (isConnected = is) };
}

test("progress goes out twice a second at most, and at once when a phase begins", () => {
  const { sent, clock, progress } = reporter();
  for (let filesDone = 0; filesDone < 100; filesDone += 1) {
    progress("restore", filesDone);
    clock.advanceMs(100);
  }
  progress("compare", 0);
  const told = sent.map(
    (message) => message.type === "progress" && [message.progress.phase, message.progress.filesDone],
  );
  expect(told.length).toBe(21);
  expect(told.slice(0, 3)).toEqual([
    ["restore", 0],
    ["restore", 5],
    ["restore", 10],
  ]);
  expect(told.at(-1)).toEqual(["compare", 0]);
});

test("lines wait while nobody hears them, and then come in order", () => {
  const { one, texts, connect } = reporter();
  connect(false);
  for (let line = 0; line < 250; line += 1) one.say("info", `line ${line}`);
  one.flush();
  expect(texts()).toEqual([]);
  connect(true);
  one.flush();
  expect(texts()).toEqual(Array.from({ length: 250 }, (_, line) => `line ${line}`));
});

test("a run that says too much loses its oldest lines and says how many", () => {
  const { one, sent, texts, connect } = reporter();
  connect(false);
  for (let line = 0; line < 1500; line += 1) one.say("info", `line ${line}`);
  connect(true);
  one.flush();
  expect(texts()[0]).toMatch(/^500 lines before this one were left out/);
  expect(texts().slice(1)).toEqual(Array.from({ length: 1000 }, (_, line) => `line ${line + 500}`));
  expect(Math.max(...sent.map((message) => (message.type === "log" ? message.lines.length : 0)))).toBe(100);
});

test("however much a run says, no more than one message of lines goes out in half a second", () => {
  const { one, sent, clock } = reporter();
  for (let line = 0; line < 900; line += 1) {
    one.say("warning", `line ${line}`);
    clock.advanceMs(1);
  }
  expect(sent.length).toBe(2);
});
