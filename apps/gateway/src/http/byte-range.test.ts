import { expect, test } from "vitest";
import { parseByteRange } from "./byte-range.ts";

test.each([
  ["bytes=0-0", { offset: 0, length: 1 }],
  ["bytes=0-99", { offset: 0, length: 100 }],
  ["bytes=0-", { offset: 0, length: 100 }],
  ["bytes=5-", { offset: 5, length: 95 }],
  ["bytes=99-99", { offset: 99, length: 1 }],
  ["bytes=90-500", { offset: 90, length: 10 }],
  ["bytes=-1", { offset: 99, length: 1 }],
  ["bytes=-500", { offset: 0, length: 100 }],
  ["bytes=100-", "unsatisfiable"],
  ["bytes=100-200", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  [undefined, "whole"],
  ["", "whole"],
  ["bytes=-", "whole"],
  ["bytes=5-4", "whole"],
  ["bytes=0-1,5-6", "whole"],
  ["bytes = 0-1", "whole"],
  ["bytes=a-b", "whole"],
  ["bytes=0x1-2", "whole"],
  ["bytes=9999999999999999-", "whole"],
  ["items=0-1", "whole"],
] as const)("of 100 bytes, %s asks for %j", (header, wanted) => {
  expect(parseByteRange(header, 100)).toEqual(wanted);
});

test("any range of an empty file is the whole of it", () => {
  expect(parseByteRange("bytes=0-", 0)).toBe("whole");
  expect(parseByteRange("bytes=-1", 0)).toBe("whole");
});
