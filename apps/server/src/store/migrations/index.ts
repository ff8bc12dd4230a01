import type { Migration } from "kysely/migration";
import { theHouse } from "./0001-the-house.ts";

/** Forward only, in the order of their names. One that has been released is never changed. */
export const migrations: Record<string, Migration> = {
  "0001-the-house": theHouse,
};
