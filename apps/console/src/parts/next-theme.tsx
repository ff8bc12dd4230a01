import { UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { colourChoices } from "./colour-choices.ts";
import { Icon } from "./icon.tsx";

/** The next choice of colours with one press. */
export function NextTheme({ className }: { className: string | undefined }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const at = colourChoices.findIndex(({ scheme }) => scheme === colorScheme);
  const now = colourChoices[at];
  const next = colourChoices[(at + 1) % colourChoices.length];
  if (now === undefined || next === undefined) return null;
  const label = `Colours: ${now.label.toLowerCase()}`;
  return (
    <UnstyledButton
      {...(className === undefined ? {} : { className })}
      onClick={() => setColorScheme(next.scheme)}
      aria-label={label}
      title={label}
    >
      <Icon name={now.icon} size={18} />
    </UnstyledButton>
  );
}
