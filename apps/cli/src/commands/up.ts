import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { HoldfastError, isFailure, messageOf } from "@holdfast/base";
import { firstAdministrator } from "../administrator.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { upFlags } from "../table/service-commands.ts";
import { upErrors } from "../up/errors.ts";
import { openHome } from "../up/home.ts";
import { findPlaces } from "../up/places.ts";
import { protect } from "../up/protect.ts";
import { Service } from "../up/service.ts";
import { Steps } from "../up/steps.ts";
import { summaryObject, summaryText } from "../up/summary.ts";
import { version } from "../version.ts";

const checkout = resolve(import.meta.dirname, "../../../..");
const cliFile = join(checkout, "apps/cli/src/holdfast.js");

/** Runs everything on this machine, protects a folder and proves it; stays until it is told to stop. */
export async function run(call: Call<typeof upFlags>): Promise<ExitCode> {
  const { flags, environment, terminal, clock, signal } = call;
  const steps = new Steps(terminal, clock, !flags.quiet && !flags.json);
  const path =
    flags.path === undefined ? undefined : await folderAt(environment.calledFrom ?? process.cwd(), flags.path);
  const home = await openHome(flags.home ?? environment.home ?? join(checkout, ".holdfast"));
  steps.say(`Holdfast ${version}. Everything it keeps is below ${home.folder}`);

  const service = new Service({
    home,
    cliFile,
    variables: environment.variables,
    names: { provider: "Sample provider", client: "Sample client", machine: hostname() || "this machine" },
    clock,
    steps,
  });
  const live = AbortSignal.any([signal, service.failed]);
  let lastLine: string | undefined;
  try {
    steps.chapter("Starting");
    const { apiClient, deviceId, consoleUrl } = await service.start(live);
    const asked = { deviceId, path, otherwise: checkout };
    const protection = await protect({ apiClient, clock, signal: live }, steps, asked);
    const places = await findPlaces(home, consoleUrl, protection);
    const link = await apiClient.call("createSignInLink", { body: { email: firstAdministrator } }, live);
    lastLine = JSON.stringify(summaryObject(protection, places));
    if (!flags.json) terminal.write(`${summaryText(protection, places, link.url)}\n`);
    else if (!flags.once) terminal.write(`${lastLine}\n`);
    if (protection.certificate.body.result === "failed") {
      throw new HoldfastError(upErrors.drillFailed, "The restore drill found differences; the certificate names them.");
    }
    if (!flags.once) {
      steps.say("Everything runs. Press Ctrl-C to stop it.");
      await aborted(live);
      service.failed.throwIfAborted();
    }
  } catch (error) {
    // The one failure whose reason only the log of a part may know.
    if (isFailure(error, upErrors.partFailed)) terminal.writeError(`${error.internal}\n`);
    throw error;
  } finally {
    const stop = () => service.stop();
    await steps.step("Stopping", stop, () => "Stopped");
  }
  if (flags.once) terminal.write(`${lastLine}\n`);
  return 0;
}

/** The folder that a person means, from where they are. @throws UP_PATH_MISSING */
async function folderAt(from: string, path: string): Promise<string> {
  const folder = resolve(from, path);
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    throw new HoldfastError(upErrors.pathMissing, `${folder} cannot be protected: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    signal.addEventListener("abort", () => done(), { once: true });
  });
}
