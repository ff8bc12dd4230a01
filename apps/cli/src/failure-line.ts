import { HoldfastError, messageOf } from "@holdfast/base";
import { printable } from "./output/printable.ts";

/** One line for a person: `holdfast: CODE: what happened. What to do now.` */
export function failureLine(error: unknown): string {
  if (!(error instanceof HoldfastError))
    return `holdfast: BUG: ${oneLine(sentence(messageOf(error)))} Please report this.`;
  return oneLine(`holdfast: ${error.code}: ${sentence(error.message)} ${error.cure}`);
}

/** The same for a script, with the exit code that follows. @see restic-format.md section 18, `exit_error` */
export function failureMessage(error: unknown, exitCode: number): Record<string, string | number> {
  return error instanceof HoldfastError
    ? { message_type: "exit_error", code: exitCode, message: error.message, error: error.code, cure: error.cure }
    : { message_type: "exit_error", code: exitCode, message: messageOf(error), error: "BUG" };
}

/** What only somebody who looks into it wants: internal facts and what lay below, one line each. */
export function failureDetails(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof HoldfastError) {
      if (at.internal !== "") lines.push(`  ${oneLine(at.internal)}`);
    } else lines.push(...(at.stack ?? at.message).split("\n").map((line) => `  ${printable(line)}`));
  }
  return lines;
}

/** Failures quote what others wrote into a repository, and none of them needs a screen full of it. */
const quotedLengthMax = 2000;
const shortened = (text: string) => (text.length <= quotedLengthMax ? text : `${text.slice(0, quotedLengthMax)}…`);
const sentence = (text: string) => (/[.!?]$/.test(text) ? shortened(text) : `${shortened(text)}.`);
const oneLine = (text: string) => printable(text.replace(/\s*[\r\n]+\s*/g, " "));
