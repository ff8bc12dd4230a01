import { Decoder } from "../repository/decoder.ts";
import { serveJobs } from "../threads/serve-jobs.ts";
import type { Proof, ProofJob, ProverSetup } from "./prover.ts";

serveJobs<ProofJob, Proof>((setup) => {
  const { secret } = setup as ProverSetup;
  const decoder = new Decoder(secret);
  return ({ id, blobs, bytes }, handOver) => {
    const isSound = decoder.examinePack(id, blobs, bytes).findings.length === 0;
    if (bytes.buffer instanceof ArrayBuffer) handOver(bytes.buffer);
    return { isSound, bytes };
  };
});
