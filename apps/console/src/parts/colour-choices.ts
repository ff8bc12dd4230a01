import type { MantineColorScheme } from "@mantine/core";
import type { IconName } from "./icon.tsx";

/** Light, dark, or whatever the system is set to. */
export const colourChoices: readonly { scheme: MantineColorScheme; label: string; icon: IconName }[] = [
  { scheme: "light", label: "Light", icon: "sun" },
  { scheme: "dark", label: "Dark", icon: "moon" },
  { scheme: "auto", label: "As the system", icon: "contrast" },
];
