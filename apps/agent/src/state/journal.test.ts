import { fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "@holdfast/testkit";
import { openJournal } from "./journal.ts";

const backup = { runId: "run-1", leaseId: "lease-1", kind: "backup", beganAtMs: 1000 };

test("what was begun, finished and acknowledged is known again after the process is gone", async () => {
  const file = join(await temporaryDirectory(), "journal.sqlite");
  let journal = openJournal(file);
  journal.begin(backup);
  journal.begin({ ...backup, runId: "run-2", beganAtMs: 2000 });
  journal.begin({ ...backup, runId: "run-3", beganAtMs: 3000 });
  journal.finish({ runId: "run-2", leaseId: "lease-1", report: '{"outcome":"succeeded"}' });
  journal.finish({ runId: "run-3", leaseId: "lease-1", report: "{}" });
  journal.forget("run-3");
  journal.close();

  journal = openJournal(file);
  expect(journal.unfinished()).toEqual([backup]);
  expect(journal.reports()).toEqual([{ runId: "run-2", leaseId: "lease-1", report: '{"outcome":"succeeded"}' }]);
  journal.close();
});

test("a second process on the same home is refused, and let in when the first was killed", async () => {
  const folder = await temporaryDirectory();
  const file = join(folder, "journal.sqlite");
  const holder = join(folder, "holder.ts");
  await writeFile(
    holder,
    `import { openJournal } from ${JSON.stringify(import.meta.resolve("./journal.ts"))};
     openJournal(${JSON.stringify(file)}).begin(${JSON.stringify(backup)});
     process.send?.("held");
     setInterval(() => {}, 1000);`,
  );
  const child = fork(holder, { stdio: "ignore" });
  await once(child, "message");
  expect(() => openJournal(file)).toThrow(expect.objectContaining({ code: "AGENT_HOME_IN_USE" }));
  child.kill("SIGKILL");
  await once(child, "exit");
  const journal = openJournal(file);
  expect(journal.unfinished()).toEqual([backup]);
  expect(() => openJournal(file)).toThrow(expect.objectContaining({ code: "AGENT_HOME_IN_USE" }));
  journal.close();
});

test("nobody else can read the journal, nor the log that SQLite keeps beside it", async () => {
  const file = join(await temporaryDirectory(), "journal.sqlite");
  const journal = openJournal(file);
  journal.begin(backup);
  expect([file, `${file}-wal`].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
  journal.close();
});
