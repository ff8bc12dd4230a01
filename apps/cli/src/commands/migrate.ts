import { HoldfastError } from "@holdfast/base";
import { applyMigration, migrations, type Migration, type Repository } from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { withRepository, type Session } from "../session.ts";
import type { migrateFlags } from "../table/upkeep-commands.ts";

/** Lists the migrations that can be applied, or applies those named. */
export async function run(call: Call<typeof migrateFlags>): Promise<ExitCode> {
  const { operands, flags, terminal } = call;
  const say = (text: string) => void (flags.quiet || terminal.write(`${text}\n`));
  const wanted = operands.map(migrationNamed);
  if (wanted.length === 0) {
    const applicable = await withRepository(call, "shared", async ({ repository }) => applicableTo(repository));
    if (flags.json) terminal.write(`${JSON.stringify(applicable.map(({ name, summary }) => ({ name, summary })))}\n`);
    else {
      say("available migrations:");
      for (const { name, summary } of applicable) say(`  ${name}\t${summary}`);
      if (applicable.length === 0) say("no migrations found");
    }
    return 0;
  }
  for (const migration of wanted) {
    // Each opens the repository anew: a session does not notice that the format changed under it.
    const apply = async ({ repository, signal }: Session): Promise<void> => {
      const obstacle = migration.obstacle(repository);
      if (obstacle !== undefined && !flags.force)
        return say(`migration ${migration.name} cannot be applied: ${obstacle}`);
      say(`checking the repository, then applying ${migration.name} ...`);
      await applyMigration(repository, migration, signal);
      say(`migration ${migration.name}: success`);
    };
    await withRepository(call, "exclusive", apply, { cache: "none" });
  }
  return 0;
}

function applicableTo(repository: Repository): Migration[] {
  return migrations.filter((migration) => migration.obstacle(repository) === undefined);
}

function migrationNamed(name: string): Migration {
  const found = migrations.find((migration) => migration.name === name);
  if (found !== undefined) return found;
  throw new HoldfastError(cliErrors.usage, `There is no migration "${name}".`);
}
