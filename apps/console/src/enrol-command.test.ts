import { expect, test } from "vitest";
import { enrolCommand, isLoopbackUrl } from "./enrol-command.ts";

test("the command is one line, and nothing in it can leave its word", () => {
  expect(
    enrolCommand({ serverUrl: "https://backup.example:8601", caFingerprint: "AB:CD", token: "hf_it's; rm -rf /" }),
  ).toBe(
    "HOLDFAST_ENROLMENT_TOKEN='hf_it'\\''s; rm -rf /' holdfast agent " +
      "--server https://backup.example:8601 --ca-fingerprint AB:CD",
  );
});

test("an address of the server's own machine is known as one", () => {
  expect(["https://127.0.0.1:8601", "https://localhost", "https://[::1]:1"].every(isLoopbackUrl)).toBe(true);
  expect(["https://backup.example", "https://10.0.0.1", "https://127.example"].some(isLoopbackUrl)).toBe(false);
});
