import type { KeeperConfig } from "./config.ts";
import { drill } from "./jobs/drill.ts";
import { RelayDesk } from "./jobs/relay-desk.ts";
import { replicate } from "./jobs/replicate.ts";
import { removeTree } from "./jobs/remove-tree.ts";
import { startPart, type PartContext, type RunningPart } from "./part.ts";
import { ensureKeeperKeys } from "./state/keeper-keys.ts";

/** Replicating waits for storage and drilling for disks, so two at a time keep a machine busy without crowding it. */
const runsMax = 2;

/** Starts a keeper: it replicates, drills, and answers people who browse. @throws as `startPart` */
export function startKeeper(config: KeeperConfig, context: PartContext, signal?: AbortSignal): Promise<RunningPart> {
  return startPart(
    {
      home: config.home,
      enrolment: config.enrolment,
      role: "keeper",
      work: async ({ home, identity, access }) => {
        const keys = await ensureKeeperKeys(home);
        await removeTree(home.scratchFolder); // what a drill left that was killed: restored files of a client
        return {
          jobs: {
            replicate: (job, run) => replicate({ home, keys }, config.places, job, run),
            drill: (job, run) => drill({ home, keys, identity }, job, run),
          },
          runsMax,
          relay: new RelayDesk({ home, keys }, access, context),
        };
      },
    },
    context,
    signal,
  );
}
