import { HoldfastError } from "@holdfast/base";
import { Repository } from "@holdfast/engine/repository";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { findPassword } from "../password/password.ts";
import { withFromRepository } from "../from-repository.ts";
import { engineContext, ourselves, reachStorage } from "../session.ts";
import type { initFlags } from "../table/repository-commands.ts";

const versions: Readonly<Record<string, 1 | 2>> = { "1": 1, "2": 2, stable: 2, latest: 2 };

/** Makes a repository. */
export async function run(call: Call<typeof initFlags>): Promise<ExitCode> {
  const { flags, terminal } = call;
  const version = versions[flags.repositoryVersion ?? "stable"];
  if (version === undefined) {
    throw new HoldfastError(cliErrors.usage, "--repository-version wants 1, 2, latest or stable.");
  }
  if (!flags.copyChunkerParams && hasSource(call)) {
    throw new HoldfastError(cliErrors.usage, "--from-repo is only of use with --copy-chunker-params.");
  }
  const chunkerPolynomial = flags.copyChunkerParams
    ? await withFromRepository(call, "none", async ({ repository }) => repository.chunkerPolynomial)
    : undefined;
  const storage = await reachStorage(call);
  try {
    const password = await findPassword(call, "new");
    const copied = chunkerPolynomial === undefined ? {} : { chunkerPolynomial };
    const allowsEmptyPassword = flags.insecureNoPassword;
    const options = { password, allowsEmptyPassword, version, ...copied, ...ourselves() };
    const repository = await Repository.init(storage, options, engineContext(call));
    if (flags.json) {
      const message = { message_type: "initialized", id: repository.id, repository: storage.location };
      terminal.write(`${JSON.stringify(message)}\n`);
    } else if (!flags.quiet) {
      terminal.write(`created repository ${repository.id.slice(0, 10)} at ${storage.location}\n`);
      if (flags.copyChunkerParams) terminal.write(" with chunker parameters copied from the other repository\n");
      terminal.write("\n");
      terminal.write(
        "Keep the password, apart from this repository. Without it the data is lost: nobody can reset it.\n",
      );
    }
    return 0;
  } finally {
    await storage.close();
  }
}

/** Whether another repository is named by a flag; a variable alone may be meant for `copy`. */
function hasSource({ flags }: Call<typeof initFlags>): boolean {
  return flags.fromRepo !== undefined || flags.fromRepositoryFile !== undefined;
}
