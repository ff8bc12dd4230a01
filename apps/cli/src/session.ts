import { hostname, userInfo } from "node:os";
import { HoldfastError, isFailure } from "@holdfast/base";
import { Repository, type EngineContext, type RepositoryLock } from "@holdfast/engine/repository";
import { openStorage, storageErrors, type Storage } from "@holdfast/storage";
import type { Call } from "./command.ts";
import { connectionOptions } from "./connection-options.ts";
import { parseDuration } from "./duration.ts";
import { cliErrors } from "./errors.ts";
import { cacheOptions, cleanUpCaches, type CacheUse } from "./local-cache.ts";
import { terminalLog } from "./output/terminal-log.ts";
import { findPassword } from "./password/password.ts";
import { sessionOptions, transferLimits } from "./session-options.ts";
import type { outputFlags, repositoryFlags } from "./table/repository-flags.ts";
import { meaningfulLines, readTextFile } from "./text-file.ts";

/** Any command on a repository; those that only read also have `--no-lock`. */
type RepositoryCall = Call<typeof repositoryFlags & typeof outputFlags> & {
  readonly flags: { readonly noLock?: boolean };
};

/** An open repository, and what ends the work on it: the person, or the loss of the lock. */
export interface Session {
  readonly repository: Repository;
  readonly signal: AbortSignal;
  /** What is held meanwhile, for work that takes another in its place. */
  readonly lock?: RepositoryLock;
}

/** What a command wants otherwise than most. */
interface SessionNeeds {
  /** One that was found already; else it is looked for. */
  readonly password?: string;
  /** Takes no lock and stores nothing. */
  readonly isDryRun?: boolean;
  /** What may come from this machine's cache; for work that has the repository for itself not the index. */
  readonly cache?: CacheUse;
  /** The index is read while the lock is waited for; the command loads it again after it has listed the snapshots. */
  readonly loadsIndex?: boolean;
}

/**
 * Opens the repository that a command was pointed at, holds its lock while `work` goes on, and lets go of it whatever
 * happens: before this returns or throws, lock and connections are gone.
 *
 * @throws ENGINE_NO_REPOSITORY, ENGINE_WRONG_PASSWORD, ENGINE_LOCKED, STORAGE_UNREACHABLE …
 */
export async function withRepository<Result>(
  call: RepositoryCall,
  lockKind: "shared" | "exclusive" | "none",
  work: (session: Session) => Promise<Result>,
  needs: SessionNeeds = {},
): Promise<Result> {
  const { isDryRun = false, cache = lockKind === "exclusive" ? "files" : "all", loadsIndex } = needs;
  const storage = await reachStorage(call);
  try {
    const password = needs.password ?? (await findPassword(call, "existing"));
    const keyHint = call.flags.keyHint ?? call.environment.keyHint;
    const options = { password, ...(keyHint === undefined ? {} : { keyHint }), signal: call.signal };
    await cleanUpCaches(call);
    const session = { ...sessionOptions(call), ...cacheOptions(call, cache), isDryRun };
    const repository = await Repository.open(storage, { ...options, ...session }, engineContext(call));
    return await underLock(call, repository, isDryRun ? "none" : lockKind, work, { loadsIndex });
  } finally {
    await storage.close();
  }
}

/** Holds a lock on an open repository while `work` goes on; none with `--no-lock`. @throws ENGINE_LOCKED */
export async function underLock<Result>(
  call: RepositoryCall,
  repository: Repository,
  lockKind: "shared" | "exclusive" | "none",
  work: (session: Session) => Promise<Result>,
  { loadsIndex = false }: { readonly loadsIndex?: boolean | undefined } = {},
): Promise<Result> {
  if (lockKind === "none" || call.flags.noLock === true) return work({ repository, signal: call.signal });
  const retryForMs = parseDuration(call.flags.retryLock ?? "0", "--retry-lock");
  const lock = await repository.lock(lockKind, { ...ourselves(), retryForMs, loadsIndex }, call.signal);
  try {
    return await work({ repository, signal: AbortSignal.any([call.signal, lock.signal]), lock });
  } catch (error) {
    if (lock.signal.aborted && !call.signal.aborted) throw lock.signal.reason;
    throw error;
  } finally {
    await lock.release();
  }
}

/**
 * The storage at the address given. It is asked for something at once and without patience, so that a wrong address or
 * a network that is away is told in a moment; later calls are tried again for as long as restic would.
 */
export async function reachStorage(call: RepositoryCall): Promise<Storage> {
  const { clock, random, environment, flags } = call;
  const address = await repositoryAddress(call);
  const options = {
    clock,
    random,
    log: terminalLog(call.terminal, flags.quiet ? 0 : flags.verbose),
    user: environment.restUser,
    password: environment.restPassword,
    ...(await connectionOptions(call, address)),
    limits: transferLimits(flags),
  };
  if (flags.insecureTls)
    options.log.warn("the server's certificate is not checked: anybody on the way can be the server");
  const impatient = await openStorage(address, { ...options, retryBudgetMs: 0 });
  try {
    await impatient.stat({ type: "config", name: "" }, call.signal);
  } catch (error) {
    if (!isFailure(error, storageErrors.missing)) throw error; // the engine says better what that means
  } finally {
    await impatient.close();
  }
  return openStorage(address, options);
}

export function engineContext(call: RepositoryCall): EngineContext {
  const { clock, random, terminal, flags } = call;
  return { clock, random, log: terminalLog(terminal, flags.quiet ? 0 : flags.verbose) };
}

/** Who we are, for locks and keys that people read. */
export function ourselves(): { hostname: string; username: string; pid: number; uid?: number; gid?: number } {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return {
    hostname: hostname(),
    username: userName(uid),
    pid: process.pid,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}

/** A user that no database knows, as in many containers, is named by its number. */
function userName(uid: number | undefined): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid ?? "unknown");
  }
}

async function repositoryAddress({ flags, environment }: RepositoryCall): Promise<string> {
  if (flags.repo !== undefined && flags.repositoryFile !== undefined) {
    throw new HoldfastError(cliErrors.usage, "Give --repo or --repository-file, not both.");
  }
  if (flags.repo !== undefined) return flags.repo;
  const file = flags.repositoryFile ?? (environment.repository === undefined ? environment.repositoryFile : undefined);
  const address = file === undefined ? environment.repository : meaningfulLines(await readTextFile(file))[0];
  if (address !== undefined) return address;
  throw new HoldfastError(cliErrors.noRepository, "No repository was given.");
}
