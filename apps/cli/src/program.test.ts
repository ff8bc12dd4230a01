import { expect, test } from "vitest";
import { Answered, parseCommandLine, type Parsed } from "./program.ts";
import { commandTable } from "./table/command-table.ts";

const parse = (line: string) => parseCommandLine(commandTable, "1.2.3", line.split(" ").filter(Boolean));

function parsed(line: string): Parsed {
  const result = parse(line);
  if (result instanceof Answered) throw new Error(`not a command: ${line}`);
  return result;
}

test("repository flags may stand before or after the command, as in restic", () => {
  const before = parsed("-r /srv -q snapshots --latest 2 4bba301e");
  const after = parsed("snapshots --latest 2 4bba301e --repo=/srv --quiet");
  expect(before.flags).toEqual(after.flags);
  expect(before.flags).toMatchObject({ repo: "/srv", quiet: true, latest: "2", noLock: false, host: [] });
  expect(before.operands).toEqual(["4bba301e"]);
});

test("verbosity adds up, however it is spelled", () => {
  expect(parsed("-v snapshots -vv").flags["verbose"]).toBe(3);
  expect(parsed("snapshots --verbose=2").flags["verbose"]).toBe(2);
});

test("repeatable flags keep every value in order", () => {
  expect(parsed("snapshots --tag a,b --host x --tag c").flags).toMatchObject({ tag: ["a,b", "c"], host: ["x"] });
});

test("--no-lock is a flag of its own", () => {
  expect(parsed("snapshots --no-lock").flags["noLock"]).toBe(true);
});

test.each([
  ["snapshots --limit-uploads 5", "--limit-uploads"],
  ["snapshots --hst x", "--hst"],
  ["snapshts", "snapshts"],
  ["init --latest 1", "--latest"],
  ["init somewhere", "argument"],
  ["-r /srv verify-certificate x.json", "--repo"],
  ["snapshots --host", "--host"],
  ["backup --no-lock /home", "whoever writes holds a lock"],
  ["--no-lock repair index", "whoever writes holds a lock"],
  ["backup --use-fs-snapshot /home", "Windows"],
])("what a command does not take is refused by name: %s", (line, name) => {
  expect(() => parse(line)).toThrow(
    expect.objectContaining({ code: "CLI_USAGE", message: expect.stringContaining(name) }),
  );
});

test.each([
  ["forget --keep-weakly 3", "--keep-weekly"],
  ["key lst", "list"],
  ["snapshot", "snapshots"],
  ["key add --new-pasword-file x", "--new-password-file"],
  ["cat --no-lok config", "--no-lock"],
])("what was meant is hinted at: %s", (line, hint) => {
  expect(() => parse(line)).toThrow(
    expect.objectContaining({ code: "CLI_USAGE", message: expect.stringContaining(`Did you mean ${hint}?`) }),
  );
});

test("no command takes a flag that is not in its table", () => {
  for (const { name } of commandTable)
    expect(() => parse(`${name} --no-such-flag`), name).toThrow(expect.objectContaining({ code: "CLI_USAGE" }));
});

test.each(["", "--help", "-h", "help", "--version", "snapshots --help", "help snapshots", "admin", "agent -h"])(
  "a question about the program is answered: %j",
  (line) => {
    const answer = parse(line);
    expect(answer).toBeInstanceOf(Answered);
    expect(answer).toMatchObject({ text: expect.stringMatching(/holdfast/) });
  },
);

test("every command explains itself, and every one of its flags", () => {
  for (const entry of commandTable) {
    const answer = parse(`${entry.name} --help`);
    const text = answer instanceof Answered ? answer.text : "";
    for (const flag of Object.values(entry.flags)) expect(text).toContain(flag.flags);
    for (const example of entry.examples) expect(text).toContain(example.line);
  }
});

test("the name of every flag in the table is its long form", () => {
  for (const entry of commandTable) {
    for (const [name, flag] of Object.entries(entry.flags)) {
      const long = /--([a-z-]+)/.exec(flag.flags)?.[1] ?? "";
      expect(long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())).toBe(name);
    }
  }
});
