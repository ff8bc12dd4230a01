/**
 * How this system's own client puts the address into its file system, a command a line.
 * @param folder where it is wanted; undefined when nobody said
 */
export function mountAdvice(platform: NodeJS.Platform, url: string, folder: string | undefined): readonly string[] {
  switch (platform) {
    case "linux":
      return [
        `sudo mount -t davfs -o ro,nolocks ${url} ${quote(folder ?? "/mnt")}    # needs the package davfs2`,
        `gio mount ${url.replace(/^http:/, "dav:")}    # for a desktop`,
      ];
    case "darwin":
      return [
        `mkdir -p ${quote(folder ?? "/tmp/holdfast")}`,
        `mount_webdav -o ro ${url} ${quote(folder ?? "/tmp/holdfast")}`,
      ];
    case "win32":
      return [`net use ${folder ?? "*"} ${url}`];
    default:
      return [];
  }
}

/** For a shell: as it is where that is safe, else in single quotes. */
function quote(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
