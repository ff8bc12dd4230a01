import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { concatBytes, MiB } from "@holdfast/base";
import { memoryStorage, metered, newStorageCounters, type Storage } from "@holdfast/storage";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { idOf, type BlobId } from "../id.ts";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { CraftedSnapshot } from "../restore/crafted-snapshot-fixture.ts";
import { bareNode, type TreeNode } from "../tree/node.ts";
import { aclText } from "./acl-text.ts";
import type { ArchiveEntry } from "./archive-entry.ts";
import { dumpTree } from "./dump.ts";
import { encodePaxRecords, paxTime } from "./pax-records.ts";
import { zipArchive } from "./zip.ts";

const seed = 20_274;
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const noFault = () => expect.fail("a fault");

async function setUp(build: (crafted: CraftedSnapshot) => Promise<TreeNode[]>, storage: Storage = memoryStorage()) {
  const fixture = await repositoryFixture({ seed, storage });
  const crafted = new CraftedSnapshot(fixture.repository);
  const tree = await crafted.tree(await build(crafted));
  await fixture.repository.flush();
  return { ...fixture, repository: await fixture.reopen(), tree };
}

const python = (script: string, ...words: string[]) => {
  const { stdout, stderr, status } = spawnSync("python3", ["-c", script, ...words], { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.trim();
};

test.skipIf(!hasPython).each(["tar", "zip"] as const)(
  "a %s holds every byte of large and small files",
  async (format) => {
    const random = seededRandom(seed);
    const large = [random.bytes(3 * MiB), new Uint8Array(2 * MiB), random.bytes(100_000)];
    const { repository, tree } = await setUp(async (crafted) => [
      await crafted.directory("d", [await crafted.file("large", large), await crafted.file("empty", [])]),
      await crafted.file("small", ["one", "two"]),
      crafted.node("pipe", "fifo"),
    ]);
    const options = { format, above: [Buffer.from("above")], onFault: noFault };
    const archive = join(await temporaryDirectory(), "archive");
    writeFileSync(archive, concatBytes(await Array.fromAsync(dumpTree(repository, tree, options))));
    const read = {
      tar: "import tarfile; a=tarfile.open(sys.argv[1]); f=[(m.name,a.extractfile(m).read()) for m in a if m.isfile()]",
      zip: "import zipfile; a=zipfile.ZipFile(sys.argv[1]); f=[(m.filename,a.read(m)) for m in a.infolist() if not m.is_dir()]",
    };
    const script = `import sys,json,hashlib\n${read[format]}\nprint(json.dumps({n:hashlib.sha256(b).hexdigest() for n,b in f}))`;
    expect(JSON.parse(python(script, archive))).toEqual({
      "above/d/large": idOf(concatBytes(large)),
      "above/d/empty": idOf(new Uint8Array()),
      "above/small": idOf(Buffer.from("onetwo")),
    });
  },
);

test.skipIf(!hasPython)("a zip of more than 65,535 entries is whole", async () => {
  const count = 66_000;
  const entries = async function* (): AsyncGenerator<ArchiveEntry> {
    for (let at = 0; at < count; at += 1) {
      const node = bareNode(Buffer.from(`${at}`), "symlink");
      yield { names: [node.name], node, sizeBytes: 0, content: async function* () {} };
    }
  };
  const file = join(await temporaryDirectory(), "many.zip");
  writeFileSync(file, concatBytes(await Array.fromAsync(zipArchive(entries()))));
  expect(python("import sys,zipfile; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))", file)).toBe(String(count));
});

test("content that cannot be had ends the archive, and a folder that cannot be read costs itself", async () => {
  const lost = "ab".repeat(32) as BlobId;
  const without = await setUp(async (crafted) => [crafted.node("f", "file", { content: [lost], size: 3n })]);
  const options = { format: "tar", above: [], onFault: noFault } as const;
  await expect(Array.fromAsync(dumpTree(without.repository, without.tree, options))).rejects.toMatchObject({
    code: "ENGINE_BLOB_MISSING",
  });
  const codes: string[] = [];
  const onFault = (_: unknown, error: { code: string }) => codes.push(error.code);
  const broken = await setUp(async (crafted) => [crafted.node("d", "dir", { subtree: lost })]);
  const archive = await Array.fromAsync(dumpTree(broken.repository, broken.tree, { ...options, onFault }));
  expect(concatBytes(archive).byteLength).toBe(3 * 512 + 1024); // its record, its header, and the end
  expect(codes).toEqual(["ENGINE_BLOB_MISSING"]);
});

test("an access list is told as text, and what is none is not", () => {
  const list = Buffer.from("0200000001000600ffffffff02000400010000000400040000000000", "hex");
  expect(aclText(list)).toBe("user::rw-\nuser:1:r--\ngroup::r--\n");
  for (const wrong of [Buffer.alloc(0), Buffer.from("0300000001000600ffffffff", "hex"), list.subarray(0, 9)]) {
    expect(aclText(wrong)).toBeUndefined();
  }
});

test("the length of a record counts itself, also where that makes it longer", () => {
  const record = (bytes: number) => encodePaxRecords(new Map([["k", Buffer.alloc(bytes, "v")]])).toString();
  for (const bytes of [0, 1, 3, 4, 5, 6, 91, 92, 93, 94, 95, 990]) {
    const text = record(bytes);
    expect(Number(text.split(" ")[0])).toBe(text.length);
  }
  expect(paxTime(-1n).toString()).toBe("-0.000000001");
  expect(paxTime(1_714_532_152_144_560_700n).toString()).toBe("1714532152.1445607");
});

test("memory stays bounded: of a large file only some is fetched ahead of who reads it", async () => {
  const counters = newStorageCounters();
  const { repository, tree } = await setUp(
    async (crafted) => {
      const random = seededRandom(seed);
      const chunks = Array.from({ length: 60 }, () => random.bytes(MiB));
      return [await crafted.file("f", chunks)];
    },
    metered(memoryStorage(), counters),
  );
  const before = counters.readBytes;
  const dump = dumpTree(repository, tree, { format: "tar", above: [], onFault: noFault });
  let bytes = (await dump.next()).value!.byteLength;
  expect(counters.readBytes - before).toBeLessThan(40 * MiB);
  for await (const piece of dump) bytes += piece.byteLength;
  expect(bytes).toBeGreaterThan(60 * MiB);
});
