import { shortId, type KeyEntry } from "@holdfast/engine/repository";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { localTime } from "../output/local-time.ts";
import { printable } from "../output/printable.ts";
import { formatTable } from "../output/table.ts";
import { withRepository } from "../session.ts";
import type { keyListFlags } from "../table/key-commands.ts";

/** Lists the passwords, without telling them. */
export async function run(call: Call<typeof keyListFlags>): Promise<ExitCode> {
  const { flags, terminal } = call;
  const keys = await withRepository(call, "shared", ({ repository, signal }) => {
    const { log } = repository.context;
    return repository.keys.list((id, { code }) => log.warn("a key file is damaged", { id, code }), signal);
  });
  terminal.write(flags.json ? `${JSON.stringify(keys.map(keyMessage))}\n` : keyTable(keys));
  return 0;
}

function keyMessage({ id, username, hostname, createdAt, isCurrent }: KeyEntry): Record<string, unknown> {
  const created = createdAt === undefined ? "" : localTime(createdAt.ns);
  return { current: isCurrent, id, userName: username, hostName: hostname, created };
}

function keyTable(keys: readonly KeyEntry[]): string {
  const rows = keys.map(({ id, username, hostname, createdAt, isCurrent }) => [
    `${isCurrent ? "*" : " "}${shortId(id)}`,
    printable(username),
    printable(hostname),
    createdAt === undefined ? "" : localTime(createdAt.ns),
  ]);
  return formatTable(
    [" ID", "User", "Host", "Created"].map((heading) => ({ heading })),
    rows,
  );
}
