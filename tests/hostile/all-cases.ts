import { fileCases } from "./file-cases.ts";
import type { HostileCase } from "./hostile-case.ts";
import { nameCases } from "./name-cases.ts";
import { nodeCases } from "./node-cases.ts";
import { packCases } from "./pack-cases.ts";
import { shapeCases } from "./shape-cases.ts";

export const hostileCases: readonly HostileCase[] = [
  ...nameCases,
  ...nodeCases,
  ...shapeCases,
  ...packCases,
  ...fileCases,
];
