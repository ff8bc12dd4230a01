import { z } from "zod";
import { run } from "./runs.ts";
import { entityId } from "./shapes.ts";

/** Server-sent events of `GET /api/v1/events`: enough to keep a page true without asking again and again. */
export const serverEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("run"), run }),
    z.object({ type: z.literal("device"), deviceId: entityId }),
    z.object({ type: z.literal("certificate"), deviceId: entityId, certificateId: entityId }),
  ])
  .meta({ id: "ServerEvent" });
export type ServerEvent = z.infer<typeof serverEvent>;
