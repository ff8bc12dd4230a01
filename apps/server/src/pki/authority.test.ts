import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { manualClock, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { openAuthority } from "./authority.ts";

test("an authority is made once, its key for its owner's eyes, and signs for itself ever after", async () => {
  const dir = await temporaryDirectory();
  const first = await openAuthority(dir, manualClock());
  const again = await openAuthority(dir, manualClock());
  expect([again.caPem, again.fingerprint]).toEqual([first.caPem, first.fingerprint]);
  const ca = new X509Certificate(first.caPem);
  expect(ca.ca).toBe(true);
  expect(first.fingerprint).toBe(ca.fingerprint256.replaceAll(":", "").toLowerCase());
  const issued = await again.issueServerCertificate(["backup.example.test"]);
  const certificate = new X509Certificate(issued.certificatePem);
  expect(certificate.verify(ca.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.checkHost("backup.example.test")).toBeDefined();
  expect(certificate.checkIP("127.0.0.1")).toBeDefined();
});

test("a key or certificate that is cut off, or of another authority, stops the start instead of making a new one", async () => {
  const dir = await temporaryDirectory();
  await openAuthority(dir, manualClock());
  const other = await temporaryDirectory();
  await openAuthority(other, manualClock());
  for (const name of ["ca.pem", "ca-key.pem"]) {
    const file = path.join(dir, name);
    const whole = await readFile(file, "utf8");
    for (const text of [whole.slice(0, whole.length / 2), "", await readFile(path.join(other, name), "utf8")]) {
      await writeFile(file, text);
      await expect(openAuthority(dir, manualClock()), name).rejects.toMatchObject({ code: "SERVER_FILE_DAMAGED" });
    }
    await writeFile(file, whole);
  }
  await openAuthority(dir, manualClock());
});
