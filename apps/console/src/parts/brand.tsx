/** The sign of Holdfast: what a kelp holds on to the rock with. */
export function Brand({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill="#1f3a5f" />
      <g fill="none" stroke="#ffffff" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round">
        <path d="M16 6v11" />
        <path d="M16 17c-1 4-4 4-7.5 7.5" />
        <path d="M16 17c1 4 4 4 7.5 7.5" />
        <path d="M16 17v8.5" />
        <path d="M11 10.5h10" />
      </g>
    </svg>
  );
}
