/**
 * Every colour of the console, by what it is for. Pages and parts name these as `var(--hf-…)` and no other colour.
 * Text pairs reach 4.5:1 and graphics 3:1 in both schemes; tokens.test.ts computes it.
 */
export interface Tokens {
  /** Behind everything; a panel on it; a hollow in a panel; what lies under the pointer. */
  readonly ground: string;
  readonly surface: string;
  readonly sunken: string;
  readonly hover: string;
  /** Hairlines between rows, and borders of things one can press or fill in. */
  readonly line: string;
  readonly edge: string;
  /** Text, and text that may be read later. */
  readonly ink: string;
  readonly muted: string;
  readonly link: string;
  readonly focus: string;
  /** The one action a page is about. */
  readonly action: string;
  readonly actionHover: string;
  readonly onAction: string;
  /** Outcomes: the strong colour writes and draws, the soft one lies behind it. */
  readonly good: string;
  readonly goodSoft: string;
  readonly warn: string;
  readonly warnSoft: string;
  readonly bad: string;
  readonly badSoft: string;
  readonly alarm: string;
  readonly onAlarm: string;
  readonly busy: string;
  readonly busySoft: string;
  readonly calm: string;
  readonly calmSoft: string;
}

export const light: Tokens = {
  ground: "#f3f5f7",
  surface: "#ffffff",
  sunken: "#eceff3",
  hover: "#f5f8fb",
  line: "#dde2e9",
  edge: "#8793a3",
  ink: "#141b25",
  muted: "#4b5767",
  link: "#1f55a5",
  focus: "#1f6feb",
  action: "#1f3a5f",
  actionHover: "#16304f",
  onAction: "#ffffff",
  good: "#14683b",
  goodSoft: "#e1f2e7",
  warn: "#8a4b00",
  warnSoft: "#fdeed3",
  bad: "#a8201a",
  badSoft: "#fde7e4",
  alarm: "#a8201a",
  onAlarm: "#ffffff",
  busy: "#1f55a5",
  busySoft: "#e3edfa",
  calm: "#4b5767",
  calmSoft: "#eceff3",
};

export const dark: Tokens = {
  ground: "#0e131a",
  surface: "#161d27",
  sunken: "#0f151d",
  hover: "#1c2531",
  line: "#28323f",
  edge: "#6b7889",
  ink: "#e8edf4",
  muted: "#a3afbf",
  link: "#8ebcff",
  focus: "#6aa8ff",
  action: "#b5d0f5",
  actionHover: "#cfe1fb",
  onAction: "#0e1a2b",
  good: "#74d69c",
  goodSoft: "#12301f",
  warn: "#f0bd62",
  warnSoft: "#35270c",
  bad: "#ff9e94",
  badSoft: "#3f191a",
  alarm: "#c9342b",
  onAlarm: "#ffffff",
  busy: "#8ebcff",
  busySoft: "#182a45",
  calm: "#a3afbf",
  calmSoft: "#222b37",
};

/** `goodSoft` is `--hf-good-soft` in a style sheet. */
function variableName(token: string): `--hf-${string}` {
  return `--hf-${token.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The tokens as custom properties. */
export function variablesOf(tokens: Tokens): Record<string, string> {
  return Object.fromEntries(Object.entries(tokens).map(([token, value]) => [variableName(token), value as string]));
}
