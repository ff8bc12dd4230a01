import { addingScenarios } from "./adding-scenarios.ts";
import type { Scenario } from "./crash-states.ts";
import { mendingScenario } from "./mending-scenario.ts";
import { removingScenarios } from "./removing-scenarios.ts";
import { repairingScenarios } from "./repairing-scenarios.ts";

/** Every verb that writes. @param seed what the trees are made from */
export function scenarios(seed: number | string): readonly Scenario[] {
  return [...addingScenarios(seed), ...removingScenarios(seed), ...repairingScenarios(seed), mendingScenario(seed)];
}
