import { expect, test } from "vitest";
import { agentConfig, keeperConfig } from "./config.ts";

const enrolment = {
  HOLDFAST_ENROLMENT_TOKEN: "token",
  HOLDFAST_SERVER_URL: "https://server:8443",
  HOLDFAST_CA_FINGERPRINT: "ab",
};

test("without settings an agent may read everything and is not enrolled", () => {
  expect(agentConfig({ HOLDFAST_HOME: "/var/lib/holdfast" })).toEqual({
    home: "/var/lib/holdfast",
    logLevel: "info",
    enrolment: undefined,
    allow: undefined,
  });
});

test("what an agent may read and where a keeper copies to are lists of absolute paths", () => {
  expect(agentConfig({ HOLDFAST_ALLOW: "/srv/:/etc/ssh" }).allow).toEqual(["/srv", "/etc/ssh"]);
  expect(agentConfig({ HOLDFAST_ALLOW: "" }).allow).toEqual([]);
  expect(keeperConfig({ HOLDFAST_PLACES: "offsite=/mnt/a=b:cold=/mnt/c" }).places).toEqual({
    offsite: "/mnt/a=b",
    cold: "/mnt/c",
  });
});

test("an enrolment is taken whole or not at all", () => {
  expect(agentConfig({ ...enrolment, HOLDFAST_NAME: "files-1" }).enrolment).toEqual({
    serverUrl: "https://server:8443",
    token: "token",
    caFingerprint: "ab",
    name: "files-1",
  });
  for (const missing of ["HOLDFAST_SERVER_URL", "HOLDFAST_CA_FINGERPRINT"]) {
    expect(() => agentConfig({ ...enrolment, [missing]: undefined })).toThrow(
      expect.objectContaining({ code: "AGENT_BAD_CONFIGURATION" }),
    );
  }
});

test("a setting that cannot be meant is refused", () => {
  for (const environment of [
    { HOLDFAST_ALLOW: "srv" },
    { HOLDFAST_ALLOW: "/srv/../etc" },
    { HOLDFAST_LOG_LEVEL: "loud" },
    { HOLDFAST_PLACES: "/mnt/a" },
    { HOLDFAST_PLACES: "offsite=mnt" },
    { HOLDFAST_PLACES: "=/mnt/a" },
  ]) {
    expect(() => [agentConfig(environment), keeperConfig(environment)]).toThrow(
      expect.objectContaining({ code: "AGENT_BAD_CONFIGURATION" }),
    );
  }
});
