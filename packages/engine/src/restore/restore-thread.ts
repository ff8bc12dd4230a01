import { serveJobs } from "../threads/serve-jobs.ts";
import { EntryWriter } from "./entry-writer.ts";
import type { RestoreAnswer, RestoreJob, WriterSetup } from "./restore-job.ts";

serveJobs<RestoreJob, RestoreAnswer>((setup) => {
  const writer = new EntryWriter(setup as WriterSetup);
  return (job) => {
    const answer = writer.carryOut(job);
    // The memory is given back now and not when the collector comes round to it: segments are large.
    if (job.do === "write")
      for (const { buffer } of job.segments) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
    return answer;
  };
});
