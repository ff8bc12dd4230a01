import { HoldfastError } from "@holdfast/base";
import { clientErrors } from "@holdfast/client";
import { agentPaths, enrolled, type Enrolment } from "@holdfast/contract";
import type { z } from "zod";
import { postJson, type ServerAccess } from "../server-access.ts";

/** Asks the server for a certificate. @throws as `postJson` */
export async function requestEnrolment(
  access: ServerAccess,
  asked: Enrolment,
  signal?: AbortSignal,
): Promise<z.infer<typeof enrolled>> {
  const answer = enrolled.safeParse(await postJson(access, agentPaths.enrolment, asked, signal));
  if (answer.success) return answer.data;
  throw new HoldfastError(clientErrors.badAnswer, `${access.serverUrl} answered the enrolment in another shape.`, {
    internal: answer.error.message,
  });
}
