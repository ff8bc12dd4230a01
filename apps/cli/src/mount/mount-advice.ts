/**
 * How this system's own client puts the address into its file system, a command a line.
 * @param folder where it is wanted; undefined when nobody said
 */
export function mountAdvice(platform: NodeJS.Platform, url: string, folder: string | undefined): readonly string[] {
  if (platform === "linux") {
    return [
      `sudo mount -t davfs -o ro,nolocks ${url} ${quote(folder ?? "/mnt")}    # needs the package davfs2`,
      `gio mount ${url.replace(/^http:/, "dav:")}    # for a desktop`,
    ];
  }
  if (platform === "darwin") {
    return [
      `mkdir -p ${quote(folder ?? "/tmp/holdfast")}`,
      `mount_webdav -o ro ${url} ${quote(folder ?? "/tmp/holdfast")}`,
    ];
  }
  return platform === "win32" ? [`net use ${folder ?? "*"} ${url}`] : [];
}

/** For a shell: as it is where that is safe, else in single quotes. */
function quote(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
