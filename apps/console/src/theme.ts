import {
  createTheme,
  defaultVariantColorsResolver,
  localStorageColorSchemeManager,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from "@mantine/core";
import { dark, light, variablesOf, type Tokens } from "./tokens.ts";

/** Mantine wants ten shades; it reads them only where a component has no token of ours. */
const ink: MantineColorsTuple = [
  "#eef4fc",
  "#dbe7f7",
  "#b5d0f5",
  "#8ebcff",
  "#5f93d6",
  "#3d70b3",
  "#2d5588",
  "#1f3a5f",
  "#16304f",
  "#0e1a2b",
];

/** The same for its dark scheme: text first, then borders, fields, panels, and what lies behind them. */
const night: MantineColorsTuple = [
  dark.ink,
  "#c8d1dd",
  dark.muted,
  dark.edge,
  "#3a4656",
  dark.line,
  dark.hover,
  dark.surface,
  dark.sunken,
  dark.ground,
];

export const theme = createTheme({
  colors: { ink, dark: night },
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 2 },
  fontFamily: '"Inter Variable", system-ui, "Segoe UI", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "Segoe UI Mono", "Liberation Mono", Menlo, monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.35", sm: "1.4", md: "1.5", lg: "1.5", xl: "1.3" },
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "14px" },
  defaultRadius: "sm",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  headings: { fontWeight: "650" },
  variantColorResolver: (input) => {
    if (input.variant === "filled")
      return {
        background: "var(--hf-action)",
        hover: "var(--hf-action-hover)",
        color: "var(--hf-on-action)",
        border: "1px solid transparent",
      };
    if (input.variant === "subtle")
      return {
        background: "transparent",
        hover: "var(--hf-sunken)",
        color: "var(--hf-ink)",
        border: "1px solid transparent",
      };
    return defaultVariantColorsResolver(input);
  },
  components: {
    Button: { defaultProps: { size: "sm", variant: "filled" } },
    Input: {
      vars: () => ({ wrapper: { "--input-bd": "var(--hf-edge)", "--input-bg": "var(--hf-surface)" }, input: {} }),
    },
    PasswordInput: { defaultProps: { visibilityToggleButtonProps: { "aria-label": "Show what is typed" } } },
    Modal: {
      defaultProps: { centered: true, padding: "lg", overlayProps: { backgroundOpacity: 0.5 } },
      styles: { title: { fontSize: "16px", fontWeight: 650 } },
    },
    Menu: { defaultProps: { position: "bottom-end", shadow: "md", withinPortal: true } },
  },
});

/** The person's choice of light, dark or the system's; the key is read by public/colour-scheme.js too. */
export const colourSchemeManager = localStorageColorSchemeManager({ key: "holdfast-colour-scheme" });

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...variablesOf(light), ...mantineFrom(light) },
  dark: { ...variablesOf(dark), ...mantineFrom(dark) },
});

/** Mantine's own variables, said in our tokens, so that its components sit in the same two schemes. */
function mantineFrom(tokens: Tokens): Record<string, string> {
  return {
    "--mantine-color-body": tokens.surface,
    "--mantine-color-text": tokens.ink,
    "--mantine-color-dimmed": tokens.muted,
    "--mantine-color-placeholder": tokens.muted,
    "--mantine-color-error": tokens.bad,
    "--mantine-color-anchor": tokens.link,
    "--mantine-color-default": tokens.surface,
    "--mantine-color-default-hover": tokens.hover,
    "--mantine-color-default-color": tokens.ink,
    "--mantine-color-default-border": tokens.edge,
    "--mantine-primary-color-filled": tokens.action,
    "--mantine-color-disabled": tokens.sunken,
    "--mantine-color-disabled-color": tokens.muted,
    "--mantine-color-disabled-border": tokens.line,
  };
}
