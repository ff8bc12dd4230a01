export type { Assessment } from "./assessment.ts";
export type { Objectives } from "./objectives.ts";
export { technologies, type PlanProposal, type PlanReason, type PlanSpec, type Technology } from "./plan.ts";
