import { mkdirSync, symlinkSync, writeFileSync, linkSync } from "node:fs";
import { join } from "node:path";
import { node, type Forge } from "./forge.ts";
import { area, variants, type HostileCase } from "./hostile-case.ts";

/** Names as they stand in the tree's JSON, two layers of quoting deep. */
const names = {
  empty: "",
  dot: ".",
  "dot dot": "..",
  "with a slash": "a/b",
  "a slash": "/",
  "dot dot slash": "../evil",
  "two levels up": "../../evil",
  "down and up again": "a/../../evil",
  absolute: "/outside-evil",
  "a zero byte": "a\\\\x00b",
  "a zero byte in JSON": "a\\u0000b",
  "dot dot and a zero byte": "..\\\\x00",
  "a slash as hex": "..\\\\x2fevil",
  "a slash as octal": "..\\\\057evil",
  "a slash as \\u": "..\\\\u002fevil",
  "a slash as \\U": "..\\\\U0000002fevil",
  "a slash in JSON's \\u": "..\\u002fevil",
  "dots as hex": "\\\\x2e\\\\x2e",
  "dots as octal": "\\\\056\\\\056",
  "a slash overlong": "..\\\\xc0\\\\xafevil",
  "dots full width": "\\uff0e\\uff0e",
  "a backslash": "..\\\\\\\\evil",
  "a drive": "C:\\\\\\\\evil",
  "a Windows device": "CON",
  "a stream": "a:b",
  "a trailing dot and space": "a. ",
  "an unknown escape": "a\\\\q",
  "a backslash at the end": "a\\\\",
  "hex cut short": "a\\\\x1",
  "an escape beyond Unicode": "\\\\U00110000",
  "a surrogate as \\u": "\\\\ud800",
  "a lone surrogate in JSON": "\\ud800",
  "octal above a byte": "\\\\777",
  "a quote within": 'a\\\\\\"b',
  "an unescaped inner quote": '\\"a',
  "terminal control": "\\\\x1b[2J\\\\x1b]0;pwned\\\\a",
  "terminal control raw in JSON": "\\u001b[31m",
  "C1 control": "\\\\u009b2J",
  "line ends": "a\\\\nholdfast: FORGED: line\\\\r",
  "direction override": "\\u202egpj.exe",
  "65,536 bytes": "x".repeat(65_536),
  "4,096 bytes": "y".repeat(4096),
  "256 bytes": "z".repeat(256),
  "255 bytes": "z".repeat(255),
  "65,536 bytes of dots and slashes": "../".repeat(21_845),
  "a leading dash": "--delete",
  "of a restore's temporary file": ".holdfast-restore-0123456789abcdef",
  "of proc": "proc/self/root",
} as const;

const asEach = (make: (forge: Forge, name: string) => string) => (forge: Forge, name: string) =>
  forge.snapshot(make(forge, name));

const singleNames: HostileCase[] = [
  ...area(
    "file named",
    variants(
      names,
      asEach((forge, name) => forge.treeOf(fileOf(forge, name))),
    ),
  ),
  ...area(
    "directory named",
    variants(
      names,
      asEach((forge, name) => forge.treeOf(node(name, "dir", { subtree: forge.treeOf(fileOf(forge, "evil")) }))),
    ),
  ),
  ...area(
    "symlink named",
    variants(
      { "dot dot": names["dot dot"], "two levels up": names["two levels up"], absolute: names.absolute },
      asEach((forge, name) => forge.treeOf(node(name, "symlink", { linktarget: forge.outside }))),
    ),
  ),
  ...area(
    "fifo named",
    variants(
      { "dot dot": names["dot dot"], "two levels up": names["two levels up"], absolute: names.absolute },
      asEach((forge, name) => forge.treeOf(node(name, "fifo"))),
    ),
  ),
];

function fileOf(forge: Forge, name: string, text = "evil"): string {
  return node(name, "file", { size: text.length, content: [forge.data(text)] });
}

/** Orders of entries, each a name and what it is. */
const orders = variants<(forge: Forge) => string[]>(
  {
    descending: (forge) => ["c", "b", "a"].map((name) => fileOf(forge, name)),
    "one out of place": (forge) => ["a", "c", "b", "d"].map((name) => fileOf(forge, name)),
    "the same file twice": (forge) => ["a", "a"].map((name) => fileOf(forge, name)),
    "the same name twice, apart": (forge) => ["a", "b", "a"].map((name) => fileOf(forge, name)),
    "a file, then a directory of its name": (forge) => [fileOf(forge, "a"), dirOf(forge, "a")],
    "a directory, then a file of its name": (forge) => [dirOf(forge, "a"), fileOf(forge, "a")],
    "one directory twice": (forge) => [dirOf(forge, "a"), dirOf(forge, "a")],
    "a symlink out, then a file of its name": (forge) => [linkOut(forge, "a"), fileOf(forge, "a")],
    "a symlink to a file outside, then a file of its name": (forge) => [
      node("a", "symlink", { linktarget: join(forge.outside, "secret") }),
      fileOf(forge, "a"),
    ],
    "a symlink out, then a directory of its name": (forge) => [linkOut(forge, "a"), dirOf(forge, "a")],
    "a directory, then a symlink out of its name": (forge) => [dirOf(forge, "a"), linkOut(forge, "a")],
    "a symlink out, then a fifo of its name": (forge) => [linkOut(forge, "a"), node("a", "fifo")],
    "a symlink out, a name in between, then a directory": (forge) => [
      linkOut(forge, "a"),
      fileOf(forge, "b"),
      dirOf(forge, "a"),
    ],
    "a symlink up, then a directory of its name": (forge) => [
      node("a", "symlink", { linktarget: "../outside" }),
      dirOf(forge, "a"),
    ],
    "the name written in two ways": (forge) => [linkOut(forge, "a"), dirOf(forge, "\\\\x61")],
    "names that differ in case only": (forge) => [linkOut(forge, "A"), dirOf(forge, "a")],
    "names that differ in normalisation only": (forge) =>
      [linkOut(forge, "\\u00e9"), dirOf(forge, "e\\u0301")].toReversed(),
    "two thousand of one name": (forge) => Array.from({ length: 2000 }, () => fileOf(forge, "a")),
    "two thousand descending": () =>
      Array.from({ length: 2000 }, (_, at) => node(`n${99_999 - at}`, "file", { content: [], size: 0 })),
  },
  (forge, nodes) => forge.snapshot(forge.treeOf(...nodes(forge))),
);

function dirOf(forge: Forge, name: string): string {
  return node(name, "dir", { subtree: forge.treeOf(fileOf(forge, "evil"), fileOf(forge, "secret")) });
}

function linkOut(forge: Forge, name: string): string {
  return node(name, "symlink", { linktarget: forge.outside });
}

/** What lies in the target before: an earlier restore of the same attacker, or other people. */
const targets: Readonly<Record<string, (target: string, outside: string) => void>> = {
  "a symlink out where a directory belongs": (target, outside) => symlinkSync(outside, join(target, "a")),
  "a symlink up where a directory belongs": (target) => symlinkSync("../outside", join(target, "a")),
  "a symlink to a symlink out where a directory belongs": (target, outside) => {
    symlinkSync(outside, join(target, "z"));
    symlinkSync("z", join(target, "a"));
  },
  "a symlink out below a directory that is there": (target, outside) => {
    mkdirSync(join(target, "a"));
    symlinkSync(join(outside, "secret"), join(target, "a", "secret"));
  },
  "a hard link to a file outside where a file belongs": (target, outside) => {
    mkdirSync(join(target, "a"));
    linkSync(join(outside, "secret"), join(target, "a", "secret"));
  },
  "a hard link to a file outside of the same content": (target, outside) => {
    mkdirSync(join(target, "a"));
    writeFileSync(join(outside, "twin"), "evil");
    linkSync(join(outside, "twin"), join(target, "a", "evil"));
  },
  "a file where a directory belongs": (target) => writeFileSync(join(target, "a"), "mine"),
  "a full directory where a file belongs": (target) => {
    mkdirSync(join(target, "a", "secret", "mine"), { recursive: true });
  },
  "a symlink out under the name of the temporary file": (target, outside) => {
    mkdirSync(join(target, "a"));
    writeFileSync(join(target, "a", "secret"), "old");
    // The first 16 digits of the SHA-256 of "secret", see restore/target-file.ts.
    symlinkSync(join(outside, "secret"), join(target, "a", ".holdfast-restore-2bb80d537b1da3e3"));
  },
};

const targetCases: HostileCase[] = Object.entries(targets).map(([name, prepare]) => ({
  name,
  prepare,
  make: (forge) => forge.snapshot(forge.treeOf(dirOf(forge, "a"))),
}));

export const nameCases: readonly HostileCase[] = [
  ...singleNames,
  ...area("order of entries", orders),
  ...area("target with", targetCases),
];
