import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "@holdfast/testkit";
import { allowedPaths } from "./allowed-paths.ts";

async function machine() {
  const root = await temporaryDirectory();
  const at = (...names: string[]) => join(root, ...names);
  for (const folder of ["srv/data", "etc", "srv-2", "srv/.holdfast/agent"])
    await mkdir(at(folder), { recursive: true });
  await writeFile(at("etc/shadow"), "secret");
  await symlink("../../etc", at("srv/data/way-out"));
  await symlink("srv", at("other-way"));
  return { at, home: at("srv/.holdfast") };
}

const refused = { code: "AGENT_PATH_NOT_ALLOWED" };

test("without a list everything may be read but the home, wherever it lies", async () => {
  const { at, home } = await machine();
  const rules = { allow: undefined, home };
  expect(await allowedPaths([at("etc"), at("srv/data")], rules)).toEqual({
    paths: [at("etc"), at("srv/data")],
    homes: [],
  });
  expect((await allowedPaths([at("srv"), at(".")], rules)).homes).toEqual([home, home]);
  expect((await allowedPaths([at("other-way")], rules)).homes).toEqual([at("other-way/.holdfast")]);
  for (const path of [home, join(home, "agent"), at("other-way/.holdfast"), join(home, "not-there-yet")]) {
    await expect(allowedPaths([path], rules)).rejects.toMatchObject(refused);
  }
});

test("with a list only what it names may be read, whatever a path looks like", async () => {
  const { at, home } = await machine();
  const rules = { allow: [at("srv/data"), at("not-mounted")], home };
  for (const path of [at("srv/data"), `${at("srv/data")}/`, at("srv/data/new"), at("other-way/data")]) {
    await expect(allowedPaths([path], rules)).resolves.toMatchObject({ homes: [] });
  }
  const kept = [at("srv"), at("srv-2"), at("etc/shadow"), at("srv/data/../../etc"), at("srv/data/way-out")];
  for (const path of [...kept, at("srv/data/way-out/shadow"), at("srv/data-2"), "/", "srv/data", "C:\\data"]) {
    await expect(allowedPaths([path], rules)).rejects.toMatchObject(refused);
    await expect(allowedPaths([at("srv/data"), path], rules)).rejects.toMatchObject(refused);
  }
  await expect(allowedPaths([at("srv")], { allow: [], home })).rejects.toMatchObject(refused);
});
