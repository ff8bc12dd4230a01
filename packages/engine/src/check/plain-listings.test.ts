import { HoldfastError } from "@holdfast/base";
import { seededRandom, type SeededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { idOf, type Id } from "../id.ts";
import { SharedBlobSet } from "../tables/shared-blob-set.ts";
import { bareNode, nodeTypes, type TreeNode } from "../tree/node.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import { serialiseTree } from "../tree/tree-writer.ts";
import { PlainListings } from "./plain-listings.ts";

const seed = Number(process.env["HOLDFAST_TEST_SEED"] ?? 20_260_101);
const ids = Array.from({ length: 40 }, (_, number) => idOf(Buffer.from(`blob ${number}`)));
const blobs = SharedBlobSet.create();
for (const id of ids.slice(0, 20)) blobs.add("data", Buffer.from(id, "hex"));
for (const id of ids.slice(20)) blobs.add("tree", Buffer.from(id, "hex"));
const data = ids.slice(0, 20) as [Id, ...Id[]];
const trees = ids.slice(20) as [Id, ...Id[]];
const listings = new PlainListings(blobs);

/** What the reader makes of a listing: the subtrees when nothing is wrong and everything is known. */
function readSubtrees(listing: Uint8Array): number[] | undefined {
  const subtrees: number[] = [];
  let isSound = true;
  try {
    for (const { subtree, content } of treeNodes(listing, () => (isSound = false))) {
      if (subtree !== undefined) subtrees.push(blobs.ids.tree.find(subtree));
      if (content?.some((id) => blobs.ids.data.find(id) < 0) === true) isSound = false;
    }
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return undefined;
  }
  return isSound && !subtrees.includes(-1) ? subtrees : undefined;
}

function randomNode(name: string, random: SeededRandom): TreeNode {
  const type = random.pick(nodeTypes);
  const time = () => ({
    ns: BigInt(random.below(4_000_000_000)) * 1_000_000_000n + BigInt(random.pick([0, 5, 120_000_000, 999_999_999])),
    offsetS: random.pick([0, 3600, -12_600, 20_700]),
  });
  return {
    ...bareNode(Buffer.from(name), type),
    mode: random.pick([0, 420, 2_147_484_141]),
    ...{ mtime: time(), atime: time(), ctime: time() },
    uid: random.pick([0, 1000, 4_294_967_295]),
    user: random.pick(["", "root", "jörg"]),
    group: random.pick(["", "users"]),
    inode: random.pick([0n, 17n, 2n ** 63n, 2n ** 64n - 1n]),
    deviceId: random.pick([0n, 66n]),
    size: random.pick([0n, 123_456n]),
    links: random.pick([0n, 1n]),
    device: random.pick([0n, 1n]),
    linkTarget: type === "symlink" ? Buffer.from(random.pick(["a", "../ü/b"])) : Buffer.alloc(0),
    content: type === "file" ? Array.from({ length: random.below(4) }, () => random.pick(data)) : undefined,
    subtree: type === "dir" ? random.pick(trees) : undefined,
  };
}

function randomListing(random: SeededRandom): Buffer {
  const names = new Set(
    Array.from({ length: random.below(6) }, () => random.pick(["a", "ab", "b.c", "ü", "日", "z~"])),
  );
  const sorted = [...names].toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  return serialiseTree(sorted.map((name) => randomNode(name, random)));
}

const morsels: [string, ...(string | Buffer)[]] = [
  '"', ",", ":", "{", "}", "[", "]", "\\", "/", "0", "00", "1e3", "1.0", "-1", "null", "..", ".", "", " ", "\n", "\u0000", "\u007f",
  "99999999999999999999", "4294967296", "02-30T", "-13-", "T24:", ":60", "Z", "+01:00", '"name":"a",', '"content":[],',
  '"subtree":null', '"file"', '"dir"', '"symlink"', "é", Buffer.from([0xff]), Buffer.from([0xed, 0xa0, 0x80]),
]; // prettier-ignore

function mutated(listing: Buffer, random: SeededRandom): Buffer {
  let changed = listing;
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1) {
    const at = random.below(changed.length + 1);
    const from = random.below(changed.length + 1);
    const piece = Buffer.from(
      random.pick([
        random.pick(morsels),
        changed.subarray(from, from + random.below(60)),
        changed.subarray(at, at + 1),
      ]),
    );
    const cut = random.pick([0, piece.length, random.below(4)]);
    changed = Buffer.concat([changed.subarray(0, at), piece, changed.subarray(at + cut)]);
  }
  return changed;
}

test(`what we write is recognised, and says what the reader reads (seed ${seed})`, () => {
  const random = seededRandom(seed);
  for (let round = 0; round < 2000; round += 1) {
    const listing = randomListing(random);
    expect(readSubtrees(listing)).toBeDefined();
    const isPlain = !listing.includes(`${2n ** 64n - 1n}`); // more digits than fit into 64 bits for sure
    expect(listings.subtreesOf(listing)).toEqual(isPlain ? readSubtrees(listing) : undefined);
  }
});

test(`nothing is recognised that the reader has something against (seed ${seed})`, () => {
  const random = seededRandom(seed);
  let recognised = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const listing = mutated(randomListing(random), random);
    const known = listings.subtreesOf(listing);
    if (known === undefined) continue;
    recognised += 1;
    expect({ listing: listing.toString("latin1"), subtrees: readSubtrees(listing) }).toEqual({
      listing: listing.toString("latin1"),
      subtrees: known,
    });
  }
  expect(recognised).toBeGreaterThan(300); // the mutations are not so wild that it has nothing to decide
});

const file = (more: Partial<TreeNode> = {}): TreeNode => ({
  ...bareNode(Buffer.from("a"), "file"),
  content: [],
  ...more,
});

test.each<[string, (json: string) => string]>([
  ["an unknown chunk", (json) => json.replace(data[0], idOf(Buffer.from("unknown")))],
  ["a name twice", (json) => json.replace(/\{"name":"a".*\}\]/s, (node) => `${node.slice(0, -1)},${node}`)],
  ["a name that leads out", (json) => json.replace('"a"', '".."')],
  ["a day that is none", (json) => json.replace("1970-01-01", "1970-02-30")],
  ["no time at all", (json) => json.replace(/"1970[^"]*"/, '""')],
  ["a fraction for a size", (json) => json.replace('"uid":0', '"uid":0.0')],
  ["a leading zero", (json) => json.replace('"uid":0', '"uid":00')],
  ["a user beyond 32 bits", (json) => json.replace('"uid":0', '"uid":4294967296')],
  ["a file without content", (json) => json.replace(/"content":\[[^\]]*\]/, '"content":null')],
  ["something behind the end", (json) => `${json}{}`],
])("%s is left to the reader", (_, alter) => {
  const json = serialiseTree([file({ content: [data[0]] })]).toString();
  expect(listings.subtreesOf(Buffer.from(json))).toEqual([]);
  expect(alter(json)).not.toBe(json);
  expect(listings.subtreesOf(Buffer.from(alter(json)))).toBeUndefined();
});

test("a subtree that no index knows is left to the reader", () => {
  const dir = (subtree: Id): TreeNode => ({ ...bareNode(Buffer.from("d"), "dir"), subtree });
  expect(listings.subtreesOf(serialiseTree([dir(trees[3]!)]))).toEqual([3]);
  expect(listings.subtreesOf(serialiseTree([dir(data[3]!)]))).toBeUndefined();
});
