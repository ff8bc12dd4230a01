import agentPackage from "../package.json" with { type: "json" };

/** As snapshots and the inventory name this program. */
export const programVersion = agentPackage.version;
