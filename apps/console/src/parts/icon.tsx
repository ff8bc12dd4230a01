/** Drawn on a 24 unit square with one stroke; each path is one line of the pen. */
const drawings = {
  shield: ["M12 3l7 2.8v5.4c0 4.5-2.9 8-7 9.8-4.1-1.8-7-5.3-7-9.8V5.8z"],
  "shield-check": ["M12 3l7 2.8v5.4c0 4.5-2.9 8-7 9.8-4.1-1.8-7-5.3-7-9.8V5.8z", "M8.7 12l2.4 2.4 4.3-4.6"],
  "shield-off": ["M12 3l7 2.8v5.4c0 4.5-2.9 8-7 9.8-4.1-1.8-7-5.3-7-9.8V5.8z", "M9 9l6 6", "M15 9l-6 6"],
  clock: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "M12 7v5.2l3.3 2"],
  octagon: ["M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3z", "M12 7.5v5.5", "M12 16.4v.1"],
  hourglass: ["M6.5 3h11", "M6.5 21h11", "M8 3v4.2L12 12l4-4.8V3", "M8 21v-4.2L12 12l4 4.8V21"],
  check: ["M5 12.6l4.5 4.4L19 7.5"],
  warning: ["M12 4l9 16H3z", "M12 10v4.5", "M12 17.2v.1"],
  cross: ["M6 6l12 12", "M18 6L6 18"],
  stop: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "M5.7 5.7l12.6 12.6"],
  plug: ["M9 3v5", "M15 3v5", "M6.5 8h11v3a5.5 5.5 0 0 1-11 0z", "M12 16.5V21"],
  unplugged: ["M9 3v5", "M15 3v5", "M6.5 8h11v3a5.5 5.5 0 0 1-11 0z", "M12 16.5V21", "M3.5 3.5l17 17"],
  queued: ["M5 7h14", "M5 12h14", "M5 17h8"],
  turning: ["M20 12a8 8 0 1 1-2.4-5.7", "M20.5 3v4.5H16"],
  folder: ["M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z"],
  file: ["M6 3h8l4 4v14H6z", "M14 3v4h4"],
  symlink: ["M6 3h8l4 4v14H6z", "M14 3v4h4", "M9.5 16.5l4.5-4.5", "M10.5 12H14v3.5"],
  special: ["M5 5h14v14H5z", "M12 12v.1"],
  download: ["M12 4v11", "M7.5 10.5L12 15l4.5-4.5", "M5 20h14"],
  search: ["M11 4a7 7 0 1 0 0 14a7 7 0 1 0 0-14", "M16 16l4.5 4.5"],
  plus: ["M12 5v14", "M5 12h14"],
  copy: ["M9 9h11v11H9z", "M15 9V4H4v11h5"],
  "chevron-right": ["M9.5 6l6 6-6 6"],
  "chevron-down": ["M6 9.5l6 6 6-6"],
  play: ["M8 5.5v13l10.5-6.5z"],
  lifebuoy: [
    "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18",
    "M12 8.3a3.7 3.7 0 1 0 0 7.4a3.7 3.7 0 1 0 0-7.4",
    "M5.7 5.7l3.7 3.7",
    "M18.3 5.7l-3.7 3.7",
    "M5.7 18.3l3.7-3.7",
    "M18.3 18.3l-3.7-3.7",
  ],
  printer: ["M7 9V3h10v6", "M7 17H4V9h16v8h-3", "M7 14h10v7H7z"],
  lock: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  sun: [
    "M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8",
    "M12 3v1.5",
    "M12 19.5V21",
    "M3 12h1.5",
    "M19.5 12H21",
    "M5.6 5.6l1.1 1.1",
    "M17.3 17.3l1.1 1.1",
    "M18.4 5.6l-1.1 1.1",
    "M6.7 17.3l-1.1 1.1",
  ],
  moon: ["M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"],
  contrast: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "M12 3v18", "M15 4.5v15", "M18 6.8v10.4"],
  person: ["M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8", "M4.5 20.5c.8-4 3.7-5.8 7.5-5.8s6.7 1.8 7.5 5.8"],
  leave: ["M14 4H5v16h9", "M10 12h10.5", "M17 8.5l3.5 3.5-3.5 3.5"],
  device: ["M4 4.5h16v6.5H4z", "M4 13h16v6.5H4z", "M7.5 7.7h.1", "M7.5 16.2h.1"],
  building: ["M5 21V3.5h9V21", "M14 9h5v12", "M3 21h18", "M8 8h3", "M8 12h3", "M8 16h3"],
  pulse: ["M3 12h4l3-7.5 4 15 3-7.5h4"],
  seal: ["M12 3a6 6 0 1 0 0 12a6 6 0 1 0 0-12", "M8.5 14l-1.5 7 5-2.5 5 2.5-1.5-7", "M9.7 9l1.7 1.7 3-3.2"],
} as const satisfies Record<string, readonly string[]>;

export type IconName = keyof typeof drawings;

/** A picture beside words; it never stands alone, so it is silent for screen readers. */
export function Icon({ name, size = 16, spin = false }: { name: IconName; size?: number; spin?: boolean }) {
  return (
    <svg
      className={spin ? "hf-icon hf-spin" : "hf-icon"}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.9}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {drawings[name].map((line) => (
        <path key={line} d={line} />
      ))}
    </svg>
  );
}
