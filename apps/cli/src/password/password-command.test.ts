import { expect, test } from "vitest";
import { passwordFromCommand, splitWords } from "./password-command.ts";

const patient = new AbortController().signal;

test("a command line is split into words as a shell would, without running one", () => {
  expect(splitWords(`pass show "backup key" 'it''s $HOME' a\\ b "x\\"y"`)).toEqual([
    "pass",
    "show",
    "backup key",
    "its $HOME",
    "a b",
    'x"y',
  ]);
});

test("the password is what the command prints, without surrounding white space", async () => {
  expect(await passwordFromCommand(`"${process.execPath}" -e "console.log(' geheim ')"`, patient)).toBe("geheim");
});

test.each([`"${process.execPath}" -e "process.exit(3)"`, "/nonexistent/program", " "])(
  "a command that fails gives no password: %s",
  async (line) => {
    await expect(passwordFromCommand(line, patient)).rejects.toMatchObject({ code: "CLI_PASSWORD_COMMAND_FAILED" });
  },
);
