import { HoldfastError, count } from "@holdfast/base";
import { checkRepository } from "../check/check.ts";
import { engineErrors } from "../errors.ts";
import type { Repository } from "../repository/repository.ts";

/** A change of the repository's format; the names are restic's. */
export interface Migration {
  readonly name: string;
  /** What it does, for people. */
  readonly summary: string;
  /** Why it cannot be applied to this repository, or undefined when it can. */
  obstacle(repository: Repository): string | undefined;
  apply(repository: Repository, signal?: AbortSignal): Promise<void>;
}

/** Every migration there is. */
export const migrations: readonly Migration[] = [
  {
    name: "upgrade_repo_v2",
    summary: "upgrade a repository to version 2",
    obstacle: ({ version }) => (version === 2 ? "the repository is of version 2 already" : undefined),
    apply: (repository, signal) => repository.upgradeConfig(signal),
  },
];

/**
 * Applies a migration, after a check that found nothing wrong. Doing it twice is harmless; killed at any moment, the
 * repository opens as one version or the other. The session still takes it for what it was: open it again.
 *
 * @param repository the caller holds the exclusive lock
 * @throws ENGINE_MIGRATION_REFUSED when the repository is damaged; then nothing was changed
 * @see restic-format.md section 2
 */
export async function applyMigration(
  repository: Repository,
  migration: Migration,
  signal?: AbortSignal,
): Promise<void> {
  const { errors } = await checkRepository(repository, { readData: false }, undefined, signal);
  const [first] = errors;
  if (first !== undefined)
    throw new HoldfastError(
      engineErrors.migrationRefused,
      `The repository has ${count(errors.length, "error")}, the first: ${first.message}`,
    );
  await migration.apply(repository, signal);
}
