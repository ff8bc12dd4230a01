/**
 * Go's file mode, which restic stores: permission bits, and flags of its own where Unix has a type field.
 * @see Go io/fs FileMode; restic-format section 8.5
 */
const goMode = {
  directory: 0x8000_0000,
  symlink: 0x0800_0000,
  device: 0x0400_0000,
  fifo: 0x0200_0000,
  socket: 0x0100_0000,
  setuid: 0x0080_0000,
  setgid: 0x0040_0000,
  charDevice: 0x0020_0000,
  sticky: 0x0010_0000,
  irregular: 0x0008_0000,
  permissions: 0o777,
} as const;

const unixTypeMask = 0o170000;

const goTypes = new Map([
  [0o040000, goMode.directory],
  [0o100000, 0],
  [0o120000, goMode.symlink],
  [0o060000, goMode.device],
  [0o020000, goMode.device | goMode.charDevice],
  [0o010000, goMode.fifo],
  [0o140000, goMode.socket],
]);

/** Go's mode for a `st_mode`, as an unsigned 32-bit number. */
export function goModeOf(unixMode: number): number {
  let mode = (goTypes.get(unixMode & unixTypeMask) ?? goMode.irregular) | (unixMode & goMode.permissions);
  if (unixMode & 0o4000) mode |= goMode.setuid;
  if (unixMode & 0o2000) mode |= goMode.setgid;
  if (unixMode & 0o1000) mode |= goMode.sticky;
  return mode >>> 0;
}

/** The twelve bits that chmod takes: permissions, setuid, setgid, sticky. */
export function permissionsOf(mode: number): number {
  let bits = mode & goMode.permissions;
  if (mode & goMode.setuid) bits |= 0o4000;
  if (mode & goMode.setgid) bits |= 0o2000;
  if (mode & goMode.sticky) bits |= 0o1000;
  return bits;
}
