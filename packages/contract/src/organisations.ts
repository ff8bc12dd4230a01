import { z } from "zod";
import { displayName, entityId, instant, wholeNumber } from "./shapes.ts";

export const organisationKinds = ["provider", "reseller", "client", "site"] as const;

export const organisation = z
  .object({
    organisationId: entityId,
    parentId: entityId.nullable(),
    kind: z.enum(organisationKinds),
    name: displayName,
    createdAt: instant,
    /** Devices in this organisation and below, by protection state. */
    devices: z.object({ total: wholeNumber, protected: wholeNumber, needAttention: wholeNumber }),
  })
  .meta({ id: "Organisation" });
export type Organisation = z.infer<typeof organisation>;

export const newOrganisation = z
  .object({ parentId: entityId.nullable(), kind: z.enum(organisationKinds), name: displayName })
  .meta({ id: "NewOrganisation" });
export type NewOrganisation = z.infer<typeof newOrganisation>;
