import { SegmentedControl, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { Icon, type IconName } from "./icon.tsx";

const choices: readonly (readonly [MantineColorScheme, string, IconName])[] = [
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
  ["auto", "As the system", "contrast"],
];

/** Light, dark, or whatever the system is set to; remembered in this browser. */
export function ThemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      aria-label="Colours"
      value={colorScheme}
      onChange={(value) => {
        const chosen = choices.find(([scheme]) => scheme === value);
        if (chosen) setColorScheme(chosen[0]);
      }}
      data={choices.map(([value, label, icon]) => ({
        value,
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

/** The next of the three with one press, for the bar at the top. */
export function useNextTheme(): { label: string; icon: IconName; next: () => void } {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const at = choices.findIndex(([scheme]) => scheme === colorScheme);
  const [, label, icon] = choices[at] ?? choices[2]!;
  const [next] = choices[(at + 1) % choices.length]!;
  return { label: `Colours: ${label.toLowerCase()}`, icon, next: () => setColorScheme(next) };
}
