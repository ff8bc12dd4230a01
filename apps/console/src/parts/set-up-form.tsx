import { Button, NativeSelect, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Device } from "../api/queries.ts";
import { formatObjective } from "../format.ts";
import { Failure } from "./failure.tsx";
import { Panel } from "./panel.tsx";
import type { SetUp } from "../api/use-set-up.ts";
import classes from "./set-up-form.module.css";

const rpoChoices = [15, 60, 240, 720, 1440, 2880, 10_080] as const;
const rtoChoices = [15, 60, 240, 480, 1440, 2880] as const;

/** What to protect, how old a backup may be, how long a restore may take. */
export function SetUpForm({ device, setUp }: { device: Device; setUp: SetUp }) {
  const spec = device.plan?.spec;
  const [paths, setPaths] = useState(spec?.paths.join("\n") ?? "");
  const [rpo, setRpo] = useState(String(spec?.objectives.rpoMinutes ?? 1440));
  const [rto, setRto] = useState(String(spec?.objectives.rtoMinutes ?? 240));
  const listed = paths.split("\n").map((path) => path.trim());
  const given = listed.filter((path) => path !== "");
  const relative = given.find((path) => !/^(\/|[A-Za-z]:[\\/])/.test(path));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (relative !== undefined) return;
    setUp.begin({ paths: given, objectives: { rpoMinutes: Number(rpo), rtoMinutes: Number(rto) } });
  };
  return (
    <Panel title="1. What matters">
      <form className="hf-stack" onSubmit={submit}>
        <Textarea
          label="Folders and files to protect"
          description="One absolute path a line, as the device names it."
          placeholder={"/srv\n/home"}
          rows={3}
          required
          value={paths}
          error={relative === undefined ? undefined : `${relative} is not absolute: it must begin with / or a drive.`}
          onChange={(event) => setPaths(event.currentTarget.value)}
          classNames={{ input: classes["paths"] ?? "" }}
        />
        <div className={classes["objectives"]}>
          <NativeSelect
            label="The newest backup may be this old (RPO)"
            value={rpo}
            onChange={(event) => setRpo(event.currentTarget.value)}
            data={choices(rpoChoices, Number(rpo))}
          />
          <NativeSelect
            label="A restore may take this long (RTO)"
            value={rto}
            onChange={(event) => setRto(event.currentTarget.value)}
            data={choices(rtoChoices, Number(rto))}
          />
        </div>
        {setUp.beginError !== null && <Failure error={setUp.beginError} />}
        <div>
          <Button type="submit" loading={setUp.beginning}>
            {setUp.wish === undefined ? "Measure and propose" : "Measure again"}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

/** The usual objectives, and the one in force if it is none of them. */
function choices(usual: readonly number[], chosen: number): { value: string; label: string }[] {
  return [...new Set([...usual, chosen])]
    .sort((left, right) => left - right)
    .map((minutes) => ({ value: String(minutes), label: formatObjective(minutes) }));
}
