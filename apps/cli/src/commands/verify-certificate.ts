import { HoldfastError, count, formatBytes, formatDuration, minuteMs, secondMs } from "@holdfast/base";
import { certificate as certificateShape } from "@holdfast/contract";
import { verifyCertificateChain, type Certificate } from "@holdfast/domain";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { readTextFile } from "../text-file.ts";
import type { verifyCertificateFlags } from "../table/evidence-commands.ts";

interface NamedCertificate {
  readonly file: string;
  readonly certificate: Certificate;
}

/**
 * Verifies drill certificates without any server: each signature, and that those of one client follow one another.
 * A certificate names its own key, so origin is proven only against a key that came another way (`--keeper-key`).
 */
export async function run(call: Call<typeof verifyCertificateFlags>): Promise<ExitCode> {
  const { operands, flags, terminal } = call;
  if (operands.length === 0) throw new HoldfastError(cliErrors.usage, "Give the file of at least one certificate.");
  const given = await Promise.all(operands.map(readCertificate));
  for (const chain of byClient(given)) await verifyChain(chain, flags.keeperKey);
  for (const { file, certificate } of given) {
    if (flags.json) terminal.write(`${JSON.stringify({ message_type: "certificate", file, ...certificate.body })}\n`);
    else terminal.write(describe(file, certificate, flags.keeperKey !== undefined));
  }
  return 0;
}

async function readCertificate(file: string): Promise<NamedCertificate> {
  const parsed = certificateShape.safeParse(parseJson(await readTextFile(file)));
  if (!parsed.success) throw new HoldfastError(cliErrors.certificateInvalid, `${file} is not a drill certificate.`);
  return { file, certificate: parsed.data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the shape check refuses it in one place
  }
}

/** The certificates of each client, oldest first, however the files were named. */
function byClient(given: readonly NamedCertificate[]): NamedCertificate[][] {
  const chains = Map.groupBy(given, ({ certificate }) => certificate.body.client.organisationId);
  const issuedAt = ({ certificate }: NamedCertificate) => Date.parse(certificate.body.issuedAt);
  return [...chains.values()].map((chain) => chain.sort((left, right) => issuedAt(left) - issuedAt(right)));
}

async function verifyChain(chain: readonly NamedCertificate[], keeperKey: string | undefined): Promise<void> {
  const verdict = await verifyCertificateChain(
    chain.map(({ certificate }) => certificate),
    { issuers: keeperKey === undefined ? "any" : [keeperKey] },
  );
  if (verdict.valid) return;
  const culprit = chain.find(({ certificate }) => certificate.body.certificateId === verdict.certificateId);
  throw new HoldfastError(
    cliErrors.certificateInvalid,
    `${culprit?.file ?? verdict.certificateId}: ${verdict.because}`,
  );
}

function describe(file: string, { body }: Certificate, isOriginKnown: boolean): string {
  const { scope, rpo, rto, differences } = body;
  const restored = `${count(scope.files, "file")}, ${formatBytes(scope.bytes)}`;
  const outcome =
    body.result === "passed"
      ? "every one is what the device had"
      : `${count(differences.count, "difference")}: ${differences.examples.join(", ")}`;
  const lines = [
    `${file}: the signature is good`,
    `  drill       ${body.result}, ${body.issuedAt}`,
    `  client      ${body.client.name}, device ${body.device.name}`,
    `  restored    ${restored} of ${scope.paths.join(", ")}; ${outcome}`,
    `  RPO         ${attained(rpo.attainedSeconds, rpo.objectiveMinutes)}`,
    `  RTO         ${attained(rto.attainedSeconds, rto.objectiveMinutes)}`,
    `  signed by   keeper ${body.issuer.name}, key ${body.issuer.publicKey}`,
    ...(isOriginKnown
      ? []
      : ["              Compare this key with the one your provider gave you, or pass that as --keeper-key."]),
  ];
  return `${lines.map(printable).join("\n")}\n`;
}

const attained = (seconds: number, objectiveMinutes: number) =>
  `${formatDuration(seconds * secondMs)}, of ${formatDuration(objectiveMinutes * minuteMs)} promised`;
