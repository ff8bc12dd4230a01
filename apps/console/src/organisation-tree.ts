import { protectionStates, type ProtectionState } from "@holdfast/domain";

interface Node {
  readonly organisationId: string;
  readonly parentId: string | null;
}

interface Placed {
  readonly organisationId: string;
  readonly protection: { readonly state: ProtectionState };
}

/** An organisation and everything below it, by id. */
export function idsBelow(nodes: readonly Node[], organisationId: string): ReadonlySet<string> {
  const ids = new Set([organisationId]);
  // Parents come first in the server's answer; going on until nothing is added does not depend on it.
  for (let before = 0; before !== ids.size;) {
    before = ids.size;
    for (const node of nodes) if (node.parentId !== null && ids.has(node.parentId)) ids.add(node.organisationId);
  }
  return ids;
}

/** The worst protection among the devices of these organisations; undefined when none of the devices is theirs. */
export function worstProtection(devices: readonly Placed[], ids: ReadonlySet<string>): ProtectionState | undefined {
  const states = new Set(
    devices.filter((device) => ids.has(device.organisationId)).map((device) => device.protection.state),
  );
  return protectionStates.find((state) => states.has(state));
}
