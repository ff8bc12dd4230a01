import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { serveJobs } from "./serve-jobs.ts";

export interface TestSetup {
  readonly factor: number;
}
export type TestJob =
  | { readonly do: "multiply"; readonly number: number }
  | { readonly do: "fill"; readonly buffer: ArrayBuffer }
  | { readonly do: "fail"; readonly how: "expected" | "system" | "bug" }
  | { readonly do: "wait"; readonly flag: Int32Array }
  | { readonly do: "die" };
export type TestResult = number | ArrayBuffer;

serveJobs<TestJob, TestResult>((setup) => (job, handOver) => {
  const { factor } = setup as TestSetup;
  switch (job.do) {
    case "multiply":
      return job.number * factor;
    case "fill":
      new Uint8Array(job.buffer).fill(factor);
      handOver(job.buffer);
      return job.buffer;
    case "wait":
      Atomics.wait(job.flag, 0, 0);
      return 0;
    case "die":
      return process.exit(7);
    case "fail":
      if (job.how === "expected") throw new HoldfastError(engineErrors.packDamaged, "broken", { internal: "where" });
      if (job.how === "system") process.chdir("/nowhere");
      throw new TypeError("a bug");
  }
});
