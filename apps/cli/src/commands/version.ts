import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { versionFlags } from "../table/program-commands.ts";
import { version } from "../version.ts";

/** Says which version this is. */
export async function run({ flags, terminal }: Call<typeof versionFlags>): Promise<ExitCode> {
  const { platform, arch, versions } = process;
  const message = { message_type: "version", version, node_version: versions.node, os: platform, arch };
  terminal.write(
    flags.json
      ? `${JSON.stringify(message)}\n`
      : `holdfast ${version} running on Node.js ${versions.node} on ${platform}/${arch}\n`,
  );
  return 0;
}
