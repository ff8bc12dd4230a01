import { HoldfastError } from "@holdfast/base";
import type { Repository } from "@holdfast/engine";
import type { Call } from "./command.ts";
import { fromEnvironment } from "./environment.ts";
import { cliErrors } from "./errors.ts";
import { findPassword } from "./password/password.ts";
import { withRepository } from "./session.ts";
import type { fromFlags, outputFlags, repositoryFlags } from "./table/repository-flags.ts";

type FromCall = Call<typeof fromFlags & typeof repositoryFlags & typeof outputFlags>;

/**
 * As `withRepository`, for the repository that `--from-repo` and its companions name.
 * @throws CLI_NO_REPOSITORY_GIVEN and what `withRepository` throws
 */
export async function withFromRepository<Result>(
  call: FromCall,
  lockKind: "shared" | "none",
  work: (session: { readonly repository: Repository; readonly signal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const source = fromCall(call);
  const { repo, repositoryFile } = source.flags;
  if ([repo, repositoryFile, source.environment.repository, source.environment.repositoryFile].every(isAbsent))
    throw new HoldfastError(cliErrors.noRepository, "No repository to copy from was given; --from-repo names it.");
  const password = call.flags.fromInsecureNoPassword
    ? ""
    : await findPassword(source, "existing", "Password of the repository to copy from: ");
  return withRepository(source, lockKind, work, { password });
}

/** The same call, as if its `--from-` flags and variables were the plain ones. */
function fromCall(call: FromCall): FromCall {
  const { flags } = call;
  return {
    ...call,
    environment: fromEnvironment(call.environment),
    flags: {
      ...flags,
      insecureNoPassword: false,
      repo: flags.fromRepo,
      repositoryFile: flags.fromRepositoryFile,
      passwordFile: flags.fromPasswordFile,
      passwordCommand: flags.fromPasswordCommand,
      keyHint: flags.fromKeyHint,
    },
  };
}

const isAbsent = (value: string | undefined) => value === undefined;
