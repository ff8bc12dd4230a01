import { once } from "node:events";
import { HoldfastError } from "@holdfast/base";
import { defaultTemplates, RepositoryView } from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { mountAdvice } from "../mount/mount-advice.ts";
import { serveWebdav } from "../mount/webdav-server.ts";
import { withRepository } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import type { mountFlags } from "../table/reading-commands.ts";

/** Shows the snapshots as folders until Ctrl-C; the repository is locked as long. */
export async function run(call: Call<typeof mountFlags>): Promise<ExitCode> {
  const { operands, flags, terminal, random } = call;
  const [folder, ...more] = operands;
  if (more.length > 0) throw new HoldfastError(cliErrors.usage, "Give one mount point, or none.");
  const templates = {
    paths: flags.pathTemplate.length === 0 ? defaultTemplates.paths : flags.pathTemplate,
    time: flags.timeTemplate ?? defaultTemplates.time,
  };
  return withRepository<ExitCode>(call, "shared", async ({ repository, signal }) => {
    const view = new RepositoryView(repository, snapshotFilter(flags), templates);
    await view.list([]); // an unreadable repository is told now, and not to the first who looks
    const server = await serveWebdav(view, random, repository.context.log);
    try {
      const advice = mountAdvice(process.platform, server.url, folder);
      if (flags.json) {
        terminal.write(`${JSON.stringify({ message_type: "serving", protocol: "webdav", url: server.url })}\n`);
      } else terminal.write(announcement(server.url, advice));
      if (!signal.aborted) await once(signal, "abort");
    } finally {
      await server.close();
    }
    if (!call.signal.aborted) throw signal.reason; // the lock was lost
    return 0;
  });
}

function announcement(url: string, advice: readonly string[]): string {
  const lines = [
    "The snapshots are served by WebDAV, read-only, to this machine only. This is no kernel mount: there are no owners,",
    "modes and links in it; `holdfast restore` brings those back. Whoever knows the address can read everything.",
    "",
    `  ${url}`,
    "",
  ];
  if (advice.length > 0) lines.push("To have it in the file system:", "", ...advice.map((line) => `  ${line}`), "");
  lines.push("Ctrl-C ends it.");
  return `${lines.join("\n")}\n`;
}
