const units = [
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
] as const;

/** Bytes as restic prints them, for what scripts may read: "2.863 MiB", "11 B". */
export function sizeText(bytes: number): string {
  const unit = units.find(([, size]) => bytes >= size);
  return unit === undefined ? `${bytes} B` : `${(bytes / unit[1]).toFixed(3)} ${unit[0]}`;
}
