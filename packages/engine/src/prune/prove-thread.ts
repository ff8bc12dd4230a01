import { Decoder } from "../repository/decoder.ts";
import { serveJobs } from "../threads/serve-jobs.ts";
import type { Proof, ProofJob, ProverSetup } from "./prover.ts";

serveJobs<ProofJob, Proof>((setup) => {
  const { secret } = setup as ProverSetup;
  const decoder = new Decoder(secret);
  return ({ blobs, bytes }, handOver) => {
    const id = decoder.nameOfProvenPack({ blobs, bytes });
    if (bytes.buffer instanceof ArrayBuffer) handOver(bytes.buffer);
    return { id, bytes };
  };
});
