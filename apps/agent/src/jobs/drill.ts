import { join } from "node:path";
import { HoldfastError, count, messageOf } from "@holdfast/base";
import { agentErrors } from "../errors.ts";
import { failureReport } from "../runs/outcome.ts";
import type { JobOf, JobOutcome, RunContext } from "../runs/run-context.ts";
import { ensurePrivateFolder } from "../state/private-folder.ts";
import { issueCertificate, keepCertificate, type Driller } from "./drill-certificate.ts";
import { findOut, type Finding } from "./drill-finding.ts";
import { removeTree } from "./remove-tree.ts";

/**
 * Restores a snapshot into scratch, compares everything with what the device had at backup time, measures, and signs a
 * certificate of it, also when it failed. The scratch is removed whatever happens.
 */
export async function drill(driller: Driller, job: JobOf<"drill">, run: RunContext): Promise<JobOutcome> {
  const scratch = join(driller.home.scratchFolder, run.runId);
  try {
    await removeTree(scratch);
    await ensurePrivateFolder(scratch);
    const finding = await findOut(driller, job, join(scratch, "restored"), run);
    const certificate = issueCertificate(driller, job, finding, run);
    await keepCertificate(driller.home, certificate);
    const { certificateId, result, scope, rpo, rto } = certificate.body;
    const passed = result === "passed";
    return {
      outcome: passed ? "succeeded" : "failed",
      result: {
        kind: "drill",
        certificateId,
        passed,
        snapshotId: finding.snapshot.id,
        files: scope.files,
        bytes: scope.bytes,
        differences: finding.differences.count,
        rpoSeconds: rpo.attainedSeconds,
        rtoSeconds: rto.attainedSeconds,
      },
      failure: passed ? null : failureReport(finding.fault ?? notAsItWas(finding)),
      certificate,
    };
  } finally {
    await removeTree(scratch).catch((error: unknown) => {
      run.log.error("What a drill restored cannot be removed.", { scratch, because: messageOf(error) });
    });
  }
}

function notAsItWas({ differences }: Finding): HoldfastError {
  const [first = ""] = differences.examples;
  const what = `${count(differences.count, "entry is", "entries are")} not as on the device: ${first}`;
  return new HoldfastError(agentErrors.drillFailed, differences.count > 1 ? `${what}, and others.` : `${what}.`);
}
