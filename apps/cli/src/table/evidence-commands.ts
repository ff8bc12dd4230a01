import { command } from "../command.ts";
import { single } from "../flag.ts";
import { outputFlags } from "./repository-flags.ts";

export const verifyCertificateFlags = {
  keeperKey: single(
    "--keeper-key <key>",
    "the keeper's public key as your provider gave it to you; others are refused",
  ),
  json: outputFlags.json,
};

export const evidenceCommands = [
  command({
    name: "verify-certificate",
    group: "Evidence",
    summary: "verify drill certificates, with no server",
    about:
      "Verifies that drill certificates are as the keeper signed them. Those of one client are also checked to follow one another without a gap.",
    operands: "<file...>",
    flags: verifyCertificateFlags,
    examples: [{ line: "holdfast verify-certificate .holdfast/certificates/*.json", does: "all of this installation" }],
    load: () => import("../commands/verify-certificate.ts"),
  }),
];
