import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import { temporaryDirectory } from "@holdfast/testkit";
import { afterEach, expect, test } from "vitest";
import type { TestJob, TestResult, TestSetup } from "./test-thread-fixture.ts";
import { ThreadPool } from "./thread-pool.ts";

const entry = new URL("./test-thread-fixture.ts", import.meta.url);
const pools: ThreadPool<TestSetup, TestJob, TestResult>[] = [];

function open(threads: number) {
  const pool = new ThreadPool<TestSetup, TestJob, TestResult>({ entry, setup: { factor: 3 }, threads });
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

test("every job is answered once, with the answer to that very job", async () => {
  const pool = open(2);
  const numbers = Array.from({ length: 500 }, (_, number) => number);
  const answers = await Promise.all(numbers.map((number) => pool.run({ do: "multiply", number })));
  expect(answers).toEqual(numbers.map((number) => 3 * number));
});

test("a thread that is held up does not hold up the others", async () => {
  const pool = open(2);
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const held = pool.run({ do: "wait", flag });
  for (let number = 0; number < 20; number += 1) expect(await pool.run({ do: "multiply", number })).toBe(3 * number);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
  expect(await held).toBe(0);
});

test("buffers move there and back without being copied", async () => {
  const buffer = new ArrayBuffer(1000);
  const back = await open(1).run({ do: "fill", buffer }, [buffer]);
  expect(buffer.byteLength).toBe(0);
  expect(new Uint8Array(back as ArrayBuffer).every((byte) => byte === 3)).toBe(true);
});

test("what a handler throws rejects that job alone, as what it was", async () => {
  const pool = open(1);
  const failureOf = (how: "expected" | "system" | "bug") =>
    pool.run({ do: "fail", how }).then(
      () => undefined,
      (error: unknown) => error,
    );
  const expected = await failureOf("expected");
  expect(expected).toBeInstanceOf(HoldfastError);
  expect(expected).toMatchObject({
    code: "ENGINE_PACK_DAMAGED",
    kind: "damaged",
    message: "broken",
    internal: "where",
  });
  // Threads may not change the working directory, which is an error with a code of Node.js and none of the system.
  expect(systemCodeOf(await failureOf("system"))).toBe(undefined);
  expect(await failureOf("bug")).toMatchObject({ message: "a bug" });
  expect(await pool.run({ do: "multiply", number: 2 })).toBe(6);
});

test("a thread that dies fails its jobs and all later ones", async () => {
  const pool = open(1);
  await expect(pool.run({ do: "die" })).rejects.toThrow("code 7");
  await expect(pool.run({ do: "multiply", number: 1 })).rejects.toThrow("code 7");
});

test("closing rejects what has no answer yet", async () => {
  const pool = open(1);
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const jobs = [pool.run({ do: "wait", flag }), pool.run({ do: "multiply", number: 1 })];
  await Promise.all([pool.close(), ...jobs.map((job) => expect(job).rejects.toThrow("stopped"))]);
});

test("idle threads do not keep a process alive", async () => {
  const program = join(await temporaryDirectory(), "program.ts");
  writeFileSync(
    program,
    `import { ThreadPool } from ${JSON.stringify(new URL("./thread-pool.ts", import.meta.url).href)};
     const entry = new URL(${JSON.stringify(entry.href)});
     const pool = new ThreadPool({ entry, setup: { factor: 2 }, threads: 2 });
     console.log(await pool.run({ do: "multiply", number: 21 }));`,
  );
  const ended = spawnSync(process.execPath, [program], { encoding: "utf8", timeout: 20_000 });
  expect({ status: ended.status, output: ended.stdout + ended.stderr }).toEqual({ status: 0, output: "42\n" });
});
