/**
 * Records golden repositories into fixtures/restic/ with the newest restic: one for each format version, and what is in
 * them. Run by hand when there is something new to record: sh tools/run tests/interop/record-fixtures.ts
 */
import { hash } from "node:crypto";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { native } from "@holdfast/engine";
import { newestRestic, password, snapshotsOf, type Restic } from "./restic.ts";

const fixturesDir = resolve(import.meta.dirname, "../../fixtures/restic");
const restic = newestRestic;
if (restic === undefined) throw new Error("fetch the newest restic first: sh tools/run tools/newest-restic.ts");

/** Names as bytes (latin1) and what the files hold. */
const files: Record<string, string> = {
  "plain.txt": "plain\n",
  empty: "",
  "dir/inner": "inner\n",
  "dir/\xff\xfe": "not text\n",
  'dir/quo"te\\\n': "quoted\n",
  "dir/\xc3\xa4\xe2\x80\xae\xf0\x9f\xab\xa8": "wide\n", // ä, right to left override, a face of Unicode 15.0
  "dir/\xf0\xae\xaf\xb0": "new\n", // U+2EBF0, assigned in 15.1
};
const mtimeNs = 1_714_532_152_144_560_725n;

/** A key says which machine and user made it; golden data should not change with them. */
async function replaceKey(program: Restic, repository: string): Promise<void> {
  const [first] = readdirSync(join(repository, "keys"));
  writeFileSync(join(workDir, "password"), password);
  const owner = ["--host", "recorder", "--user", "recorder"];
  await program.run(repository, ["key", "add", ...owner, "--new-password-file", join(workDir, "password")]);
  const added = readdirSync(join(repository, "keys")).find((name) => name !== first);
  await program.run(repository, ["--key-hint", added!, "key", "remove", first!]);
}

const workDir = mkdtempSync(join(tmpdir(), "holdfast-record-"));
try {
  const source = join(workDir, "source");
  const path = (name: string) => Buffer.from(`${source}/${name}`, "latin1");
  mkdirSync(join(source, "dir/nothing"), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content);
  linkSync(path("plain.txt"), path("dir/linked"));
  symlinkSync("nowhere", path("dangling"));
  symlinkSync(Buffer.from([0xff, 0x2f, 0xfe]), path("dangling-bytes"));
  chmodSync(path("dir/inner"), 0o4711);
  chmodSync(path("dir/nothing"), 0o1777);
  const names = [...Object.keys(files), "dangling", "dangling-bytes", "dir/nothing", "dir"];
  for (const name of names) native!.setTimes(path(name), mtimeNs, mtimeNs);

  rmSync(fixturesDir, { recursive: true, force: true });
  for (const version of [1, 2]) {
    const repository = join(fixturesDir, `version-${version}`);
    mkdirSync(fixturesDir, { recursive: true });
    await restic.run(repository, ["init", "--repository-version", `${version}`]);
    await replaceKey(restic, repository);
    await restic.run(repository, ["backup", "--quiet", "--host", "recorder", "."], { cwd: source, TZ: "Asia/Kolkata" });
    const [snapshot] = await snapshotsOf(restic, repository);
    const treeIds = (await restic.run(repository, ["list", "blobs"])).matchAll(/^tree (\w+)/gm);
    const trees: Record<string, string> = {};
    for (const [, id] of treeIds) trees[id!] = await restic.run(repository, ["cat", "blob", id!]);
    const described = {
      recordedWith: restic.name,
      password,
      rootTree: snapshot!.tree,
      /** Every tree as restic wrote it, by its id. */
      trees,
      /** Paths as hex of their bytes. */
      files: Object.entries(files).map(([name, content]) => ({
        pathHex: Buffer.from(name, "latin1").toString("hex"),
        sha256: hash("sha256", content),
      })),
    };
    // Git keeps no empty folders, so neither does what was recorded.
    for (const folder of readdirSync(join(repository, "data"))) {
      if (readdirSync(join(repository, "data", folder)).length === 0) rmdirSync(join(repository, "data", folder));
    }
    rmSync(join(repository, "locks"), { recursive: true });
    writeFileSync(join(fixturesDir, `version-${version}.json`), `${JSON.stringify(described, undefined, 2)}\n`);
  }
} finally {
  rmSync(workDir, { recursive: true, force: true });
}
