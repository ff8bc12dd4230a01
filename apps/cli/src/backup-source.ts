import { HoldfastError, type Clock } from "@holdfast/base";
import type { BackupSource, Timestamp } from "@holdfast/engine";
import { filesSource, streamSource } from "@holdfast/sources";
import { backupTargets } from "./backup-targets.ts";
import type { Call } from "./command.ts";
import { commandOutput } from "./command-output.ts";
import { cliErrors } from "./errors.ts";
import { excludeOptions } from "./exclude-options.ts";
import type { backupFlags } from "./table/repository-commands.ts";

type BackupCall = Call<typeof backupFlags>;

/** What is to be backed up, and what has to be ended when that is over. */
export interface ChosenSource {
  readonly source: BackupSource;
  stop(): Promise<void>;
}

/**
 * Files, what a program prints, or standard input.
 * @param time what the file in the snapshot says of its time, when its bytes come from a pipe
 * @throws CLI_USAGE, CLI_NOTHING_TO_BACK_UP, CLI_UNREADABLE_FILE, SOURCE_MISSING, SOURCE_BAD_NAME, ENGINE_BAD_PATTERN
 */
export async function chooseSource(call: BackupCall, time: Timestamp, clock: Clock): Promise<ChosenSource> {
  const { flags, operands } = call;
  const filename = flags.stdinFilename ?? "stdin";
  refuseContradictions(call);
  if (flags.stdinFromCommand) {
    const command = commandOutput(operands, clock);
    return { source: streamSource({ filename, time, content: command.content }), stop: () => command.stop() };
  }
  if (flags.stdin) {
    const stop = async () => void process.stdin.destroy(); // what is not read must not keep us
    return { source: streamSource({ filename, time, content: process.stdin }), stop };
  }
  const targets = await backupTargets(operands, flags);
  const source = filesSource({
    targets,
    workingDir: process.cwd(),
    withAtime: flags.withAtime,
    ...(await excludeOptions(flags, call.environment)),
  });
  return { source, stop: async () => {} };
}

function refuseContradictions({ flags, operands, environment }: BackupCall): void {
  const { stdin, stdinFromCommand, filesFrom, filesFromVerbatim, filesFromRaw } = flags;
  const lists = [...filesFrom, ...filesFromVerbatim, ...filesFromRaw];
  const refuse = (why: string) => {
    throw new HoldfastError(cliErrors.usage, why);
  };
  const passwordSources = [
    flags.passwordFile,
    flags.passwordCommand,
    environment.password,
    environment.passwordFile,
    environment.passwordCommand,
  ];
  const isPasswordTyped = passwordSources.every((each) => each === undefined) && !flags.insecureNoPassword;
  if (isPasswordTyped && (stdin || lists.includes("-"))) {
    refuse("Standard input cannot give the password and the data; use --password-file.");
  }
  if (!stdin && !stdinFromCommand) return;
  if (stdin && stdinFromCommand) refuse("Give --stdin or --stdin-from-command, not both.");
  if (lists.length > 0) refuse("--stdin and --stdin-from-command take no lists of files.");
  if (stdin && operands.length > 0) refuse("With --stdin no paths are backed up; give none.");
  if (stdinFromCommand && operands.length === 0) refuse("--stdin-from-command wants a command: -- pg_dump shop");
}
