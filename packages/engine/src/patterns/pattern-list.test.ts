import { describe, expect, test } from "vitest";
import { Glob } from "./glob.ts";
import { decodeName } from "./name-text.ts";
import { PatternList } from "./pattern-list.ts";

const components = (path: string) => path.split("/").filter((component) => component !== "");

describe("one component of a pattern", () => {
  test.each([
    ["abc", "abc", true],
    ["*", "abc", true],
    ["*", "", true],
    ["*c", "abc", true],
    ["a*", "a", true],
    ["a*b*c*d*e*", "axbxcxdxe", true],
    ["a*b*c*d*e*", "axbxcxdxexxx", true],
    ["a*b?c*x", "abxbbxdbxebxczzx", true],
    ["a*b?c*x", "abxbbxdbxebxczzy", false],
    ["ab[c]", "abc", true],
    ["ab[b-d]", "abc", true],
    ["ab[e-g]", "abc", false],
    ["ab[^c]", "abc", false],
    ["ab[^b-d]", "abc", false],
    ["ab[^e-g]", "abc", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "ab", false],
    ["a?b", "a☺b", true],
    ["a[^a]b", "a☺b", true],
    ["a???b", "a☺b", false],
    ["a?b", "a😀b", true],
    ["[a-ζ]*", "α", true],
    ["*[a-ζ]", "A", false],
    ["[\\]a]", "]", true],
    ["[\\-]", "-", true],
    ["[x\\-]", "-", true],
    ["[\\-x]", "a", false],
    ["*x", "xxx", true],
    ["a]", "a]", true],
  ])("%s with %s: %s, as in Go", (pattern, name, expected) => {
    expect(new Glob(pattern).matches(name)).toBe(expected);
  });

  test.each(["[", "[^", "[]", "[]a]", "[-]", "[x-]", "[-x]", "[^bc", "[\\", "a[", "a\\", "[a-b-c]"])(
    "%s cannot be matched and says so",
    (pattern) => expect(() => new Glob(pattern)).toThrow(expect.objectContaining({ code: "ENGINE_BAD_PATTERN" })),
  );

  test("a pattern full of stars takes no longer than it must", () => {
    expect(new Glob(`${"*a".repeat(60)}b`).matches("a".repeat(255))).toBe(false);
  });
});

describe("names as patterns see them", () => {
  test("UTF-8 is text, and bytes that are not are like no text at all", () => {
    expect(decodeName("\xc3\xa4")).toBe("ä");
    expect(decodeName("a\xffb")).toBe("a\udcffb");
    expect(new Glob("a?b").matches(decodeName("a\xffb"))).toBe(true);
    expect(new Glob("aÿb").matches(decodeName("a\xffb"))).toBe(false);
  });
});

// The first column of restic's own table of filter tests, as far as it says something that the others do not.
describe("patterns and paths", () => {
  test.each([
    ["", "/foo", false],
    ["*.go", "/foo/bar/test.go", true],
    ["*.c", "/foo/bar/test.go", false],
    ["*", "/foo/bar/test.go", true],
    ["*foo", "/bar/foo", true],
    ["/foo/bar/*", "/foo/bar/baz", true],
    ["/foo/bar/*", "/bar", false],
    ["/foo/bar/*", "/foo", false],
    ["/foo/bar/*", "/foo/bar", false],
    ["bar/", "/foo/bar/baz", true],
    ["bar", "/foo/bar/baz", true],
    ["bar/baz", "/foo/bar/baz", true],
    ["foo/baz", "/foo/bar/baz", false],
    ["/foo/*test.*", "/foo/bar/test.go", false],
    ["/foo/*/test.*", "/foo/bar/test.go", true],
    ["/foo/*/bar/test.*", "/foo/bar/bar/test.go", true],
    ["/*/*/bar/test.*", "/foo/bar/bar/test.go", true],
    ["/foo/**/test.*", "/foo/bar/baz/test.go", true],
    ["/foo/**/test.*", "/foo/test.go", true],
    ["**/test.go", "/foo/bar/baz/test.go", true],
    ["/**/test.go", "/test.go", true],
    ["foo/**/bar", "/foo/bar", true],
    ["/foo/**/bar/*.go", "/foo/a/b/c/bar/x.go", true],
    ["user/**/important*", "/home/user/work/x/y/hidden/x", false],
    ["user/**/hidden*/**/c", "/home/user/work/x/y/hidden1/z/c", true],
    ["c:/foo/*test.*", "/c:/foo/bar/test.go", false],
    ["./foo//bar/../baz/", "/x/foo/baz/y", true],
    ["/", "/anything", true],
    ["[^a]", "/b", true],
  ])("%s and %s: %s", (pattern, path, expected) => {
    expect(new PatternList([pattern]).matches(components(path))).toBe(expected);
  });

  test("a later pattern with ! takes back what earlier ones matched, and the order counts", () => {
    const keepSome = new PatternList(["*.log", "!important.log"]);
    expect(keepSome.matches(["var", "a.log"])).toBe(true);
    expect(keepSome.matches(["var", "important.log"])).toBe(false);
    const wrongOrder = new PatternList(["!important.log", "*.log"]);
    expect(wrongOrder.matches(["var", "important.log"])).toBe(true);
    const thereAndBack = new PatternList(["*.log", "!a*", "ab*"]);
    expect(["a.log", "ab.log", "b.log"].map((name) => thereAndBack.matches([name]))).toEqual([false, true, true]);
  });

  test("case counts unless it is told not to", () => {
    expect(new PatternList(["*.JPG"]).matches(["a.jpg"])).toBe(false);
    expect(new PatternList(["*.JPG"], { ignoreCase: true }).matches(["A.Jpg"])).toBe(true);
  });

  test.each([
    ["/foo/bar", "/foo", true],
    ["/foo/bar", "/bar", false],
    ["/foo/bar", "/foo/baz", false],
    ["/foo/*/x", "/foo/y", true],
    ["/foo/**/x", "/foo/a/b/c", true],
    ["/foo/**/x", "/goo", false],
    ["bar", "/anything/at/all", true],
    ["/foo", "/foo/bar", true],
  ])("below %s … of %s something may match: %s", (pattern, path, expected) => {
    expect(new PatternList([pattern]).mayMatchBelow(components(path))).toBe(expected);
  });
});
