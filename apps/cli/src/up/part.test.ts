import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "@holdfast/base";
import { temporaryDirectory } from "@holdfast/testkit";
import { Part, type PartOptions } from "./part.ts";

const patient = new AbortController().signal;

async function script(code: string): Promise<PartOptions> {
  const logFile = join(await temporaryDirectory(), "part.log");
  return { name: "server", words: ["-e", code], variables: process.env, logFile, clock: systemClock };
}

const readyAndWait = `console.log("starting"); console.log('{"ready":true,"url":"http://x"}'); setInterval(() => {}, 1000);`;

test("a part is started when it says so, and what else it says is its log", async () => {
  const options = await script(readyAndWait);
  const part = await Part.start(options, patient);
  expect(part.ready).toMatchObject({ url: "http://x" });
  await part.stop();
  expect(await part.ended).toBe("was ended by SIGTERM");
  expect(await readFile(options.logFile, "utf8")).toBe("starting\n");
});

test("a part that fails to start is told with its own words and code", async () => {
  const failure = {
    message_type: "exit_error",
    code: 1,
    message: "Port 1 is taken.",
    error: "PORT_TAKEN",
    cure: "Free it.",
  };
  const options = await script(`console.error('${JSON.stringify(failure)}'); process.exitCode = 1;`);
  await expect(Part.start(options, patient)).rejects.toMatchObject({
    code: "PORT_TAKEN",
    cure: "Free it.",
    message: "The server: Port 1 is taken.",
  });
});

test("a part that dies without a word is told with its last lines and its log", async () => {
  const options = await script(`console.error("thinking"); process.exit(7);`);
  await expect(Part.start(options, patient)).rejects.toMatchObject({
    code: "UP_PART_FAILED",
    message: expect.stringContaining("ended with code 7"),
    internal: expect.stringContaining("thinking"),
  });
});

test("a program that is not there is a part that failed", async () => {
  const options = { ...(await script("")), words: ["/nonexistent.ts"] };
  await expect(Part.start(options, patient)).rejects.toMatchObject({ code: "UP_PART_FAILED" });
});

test("an interruption while a part starts ends it", async () => {
  const interruption = new AbortController();
  const starting = Part.start(await script(`setInterval(() => {}, 1000);`), interruption.signal);
  interruption.abort(new Error("interrupted"));
  await expect(starting).rejects.toThrow("interrupted");
});

test("a part that dies later is noticed", async () => {
  const part = await Part.start(
    await script(`console.log('{"ready":true}'); setTimeout(() => { console.error("oh"); process.exit(3); }, 50);`),
    patient,
  );
  expect(part.failure(await part.ended)).toMatchObject({
    code: "UP_PART_FAILED",
    internal: expect.stringContaining("oh"),
  });
});
