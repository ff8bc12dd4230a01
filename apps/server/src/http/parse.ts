import { HoldfastError } from "@holdfast/base";
import type { z } from "zod";
import { serverErrors } from "../errors.ts";

/**
 * What a part of a request says, in the shape that the contract gives it.
 * @param part named in the message: "body", "query", "address"
 * @throws REQUEST_INVALID naming the first field that is wrong, never its value
 */
export function parsePart<Shape extends z.ZodType>(shape: Shape, said: unknown, part: string): z.output<Shape> {
  const parsed = shape.safeParse(said);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") ?? "";
  const where = field === "" ? part : `${part}, ${field}`;
  throw new HoldfastError(serverErrors.requestInvalid, `The ${where}: ${issue?.message ?? "has another shape"}.`);
}

/** JSON from outside; its strings can all be stored, which NUL and half surrogate pairs cannot. */
export function parseForeignJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value,
  );
}
