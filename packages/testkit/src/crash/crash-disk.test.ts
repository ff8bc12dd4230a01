import { localStorage } from "@holdfast/storage";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../seeded-random.ts";
import { storageConformance } from "../storage-conformance.ts";
import { crashDisk } from "./crash-disk.ts";
import { imageFiles, imageFingerprint, withoutEmptyDirectories, type DiskImage } from "./disk-image.ts";

storageConformance("local storage on a crash disk", async () => localStorage("/repository", { disk: crashDisk() }));

const text = (image: DiskImage) =>
  [...imageFiles(image)].map(({ path, file }) => `${path}=${Buffer.from(file.bytes).toString("latin1")}`);
const bytes = (content: string) => Buffer.from(content);

describe("after a crash", () => {
  test("a killed process leaves all it did, a power cut only what was synced", async () => {
    const disk = crashDisk();
    const file = await disk.createFile("/a");
    await file.append(bytes("one"));
    expect([text(disk.exact()), text(disk.strict())]).toEqual([["/a=one"], []]);
    await disk.syncDirectory("/");
    expect(text(disk.strict())).toEqual(["/a="]); // the name is durable, the content is not
    await file.sync();
    await file.append(bytes("two"));
    expect([text(disk.exact()), text(disk.strict())]).toEqual([["/a=onetwo"], ["/a=one"]]);
  });

  test("a name that was removed or replaced comes back unless its directory was synced", async () => {
    const disk = crashDisk();
    for (const name of ["/a", "/b"]) {
      const file = await disk.createFile(name);
      await file.append(bytes(name));
      await file.sync();
    }
    await disk.syncDirectory("/");
    await disk.rename("/a", "/c");
    await disk.removeFile("/b");
    expect([text(disk.exact()), text(disk.strict())]).toEqual([["/c=/a"], ["/a=/a", "/b=/b"]]);
    await disk.syncDirectory("/");
    expect(text(disk.strict())).toEqual(["/c=/a"]);
  });

  test("what lies in a directory whose name was not synced is gone with it", async () => {
    const disk = crashDisk();
    expect(await disk.makeDirectory("/deep/down", 0o700)).toBe("/deep");
    const file = await disk.createFile("/deep/down/a");
    await file.append(bytes("x"));
    await file.sync();
    await disk.syncDirectory("/deep/down");
    await disk.syncDirectory("/deep");
    expect(text(disk.strict())).toEqual([]);
    await disk.syncDirectory("/");
    expect(text(disk.strict())).toEqual(["/deep/down/a=x"]);
  });

  test("mixtures reach every subset of what is pending, torn writes too, and repeat with their seed", async () => {
    const disk = crashDisk();
    const content = Buffer.alloc(1024, "s");
    for (const name of ["/a", "/b"]) await (await disk.createFile(name)).append(content);
    const found = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 300 }, () => text(disk.mixture(random)));
    };
    const states = found(1);
    const shapes = new Set(states.map((names) => names.map((name) => name.slice(0, 2)).join("")));
    expect([...shapes].sort()).toEqual(["", "/a", "/a/b", "/b"]);
    const ofA = new Set(states.flat().filter((name) => name.startsWith("/a"))); // prettier-ignore
    expect([...ofA].filter((name) => /^\/a=s*$/.test(name)).map((name) => name.length - 3)).toEqual(
      expect.arrayContaining([0, 512, 1024]),
    );
    expect([...ofA].some((name) => name.length === 1027 && /[^s]/.test(name.slice(3)))).toBe(true);
    expect(found(1)).toEqual(states);
    expect(found(2)).not.toEqual(states);
  });

  test("a sync that failed loses what it was to make durable, although the next one succeeds", async () => {
    let fails = true;
    const disk = crashDisk({ fault: ({ verb }) => (verb === "sync" && fails ? "EIO" : undefined) });
    const file = await disk.createFile("/a");
    await disk.syncDirectory("/");
    await file.append(bytes("lost"));
    await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
    fails = false;
    await file.append(bytes("!"));
    await file.sync();
    expect([text(disk.exact()), text(disk.strict())]).toEqual([["/a=lost!"], ["/a=\0\0\0\0!"]]);
  });

  test("a disk that ignores syncs has nothing after a power cut", async () => {
    const disk = crashDisk({ ignoresSync: "all" });
    const file = await disk.createFile("/a");
    await file.append(bytes("x"));
    await file.sync();
    await disk.syncDirectory("/");
    expect(text(disk.strict())).toEqual([]);
  });

  test("a disk comes up with what it was left with, and images that read the same have one fingerprint", async () => {
    const disk = crashDisk();
    await disk.makeDirectory("/d", 0o700);
    await (await disk.createFile("/d/a")).append(bytes("x"));
    const again = crashDisk({ image: disk.exact() });
    expect(text(again.strict())).toEqual(["/d/a=x"]);
    expect(imageFingerprint(again.exact())).toBe(imageFingerprint(disk.exact()));
    await (await again.createFile("/d/b")).append(bytes("y"));
    expect(imageFingerprint(again.exact())).not.toBe(imageFingerprint(disk.exact()));
    expect(imageFingerprint(again.exact(), (path) => path !== "/d/b")).toBe(imageFingerprint(disk.exact()));
    expect(imageFingerprint(again.exact(), (path) => path !== "/d")).not.toBe(imageFingerprint(disk.exact()));
    expect(imageFingerprint(again.exact(), (path) => path !== "/d")).toContain("/d/b");
    await again.makeDirectory("/e/f", 0o700);
    const stripped = withoutEmptyDirectories(again.exact(), (path) => path === "/e/f");
    expect([...stripped.entries.keys()]).toEqual(["d", "e"]);
    expect(imageFingerprint(stripped)).not.toContain("/e/f");
  });
});
