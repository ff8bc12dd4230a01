import { SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { colourChoices } from "./colour-choices.ts";
import { Icon } from "./icon.tsx";

/** The choice of colours; remembered in this browser. */
export function ThemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      aria-label="Colours"
      value={colorScheme}
      onChange={setColorScheme}
      data={colourChoices.map(({ scheme, label, icon }) => ({
        value: scheme,
        label: (
          <span className="hf-row" style={{ gap: 6, flexWrap: "nowrap" }}>
            <Icon name={icon} size={15} />
            {label}
          </span>
        ),
      }))}
    />
  );
}
