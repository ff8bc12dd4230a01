import { hash } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { localStorage } from "@holdfast/storage";
import { temporaryDirectory } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { checkRepository } from "../check/check.ts";
import { idOf, parseId } from "../id.ts";
import { Repository } from "../repository/repository.ts";
import { findSnapshot } from "../snapshot/find.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import { serialiseTree } from "../tree/tree-writer.ts";
import { compareRestored } from "./compare.ts";
import { restore } from "./restore.ts";

/** @see tests/interop/record-fixtures.ts, which wrote it */
interface Recorded {
  readonly password: string;
  readonly rootTree: string;
  readonly trees: Readonly<Record<string, string>>;
  readonly files: readonly { readonly pathHex: string; readonly sha256: string }[];
}

const fixtures = resolve(import.meta.dirname, "../../../../fixtures/restic");
const neverFaulty = () => expect.unreachable("nothing is wrong with it");

describe.each([1, 2])("a repository that restic wrote in format %i", (version) => {
  const recorded: Recorded = JSON.parse(readFileSync(`${fixtures}/version-${version}.json`, "utf8"));
  const open = async () => {
    const context = { clock: systemClock, random: systemRandom, log: silentLog };
    const storage = localStorage(`${fixtures}/version-${version}`);
    const repository = await Repository.open(storage, { password: recorded.password }, context);
    await repository.loadIndex();
    return repository;
  };

  test("is sound", async () => {
    expect(await checkRepository(await open(), { readData: true })).toMatchObject({ errors: [], snapshots: 1 });
  });

  test("has trees whose bytes come out again when they are read and written", async () => {
    const repository = await open();
    for (const [id, bytes] of Object.entries(recorded.trees)) {
      const stored = await repository.loadBlob("tree", parseId(id));
      expect(Buffer.from(stored).toString().trimEnd()).toBe(bytes.trimEnd());
      const written = serialiseTree(treeNodes(stored, neverFaulty));
      expect(written.toString()).toBe(Buffer.from(stored).toString());
      expect(idOf(written)).toBe(id);
    }
  });

  test("is restored with every byte of content and name", async () => {
    const repository = await open();
    const target = await temporaryDirectory();
    const { id: snapshotId, tree } = await findSnapshot(repository, "latest");
    expect(tree).toBe(recorded.rootTree);
    const { problems } = await restore(repository, { snapshotId, targetDir: target, verify: true });
    expect(problems.first).toEqual([]);
    for (const { pathHex, sha256 } of recorded.files) {
      const path = Buffer.concat([Buffer.from(`${target}/`), Buffer.from(pathHex, "hex")]);
      expect(hash("sha256", readFileSync(path)), path.toString()).toBe(sha256);
    }
    expect(lstatSync(`${target}/plain.txt`).ino).toBe(lstatSync(`${target}/dir/linked`).ino);
    const { differences } = await compareRestored(repository, snapshotId, target);
    // An ordinary user may not give a file to root, and then does not get its setuid bit either.
    const isRoot = process.getuid?.() === 0;
    expect(differences.first).toEqual(isRoot ? [] : [{ path: "/dir/inner", kind: "mode" }]);
  });
});
