import { expect, test } from "vitest";
import { newestResticPath } from "./newest-restic.ts";
import { readResticVerbs } from "./restic-verbs.ts";
import { recordedVerbs, verbGaps } from "./verbs-document.ts";

test("what Holdfast has not of restic's verbs and flags has a reason, and no reason is for what it has", () => {
  expect(verbGaps()).toEqual({ missing: [], needless: [] });
});

const newest = newestResticPath();

test.skipIf(newest === undefined)("the recorded verbs and flags are what the newest restic prints", () => {
  expect(recordedVerbs()).toEqual(readResticVerbs(newest!));
});
