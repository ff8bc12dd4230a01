import { permissionsOf, type TreeNode } from "@holdfast/engine";

const typeLetters: Readonly<Record<TreeNode["type"], string>> = {
  file: "-",
  dir: "d",
  symlink: "l",
  dev: "b",
  chardev: "c",
  fifo: "p",
  socket: "s",
  irregular: "?",
};

/** Type and permissions as `ls -l` shows them: "drwxr-xr-t". */
export function modeText({ type, mode }: Pick<TreeNode, "type" | "mode">): string {
  const bits = permissionsOf(mode);
  const triple = (shift: number, special: number, letter: string) => {
    const [read, write, execute] = [4, 2, 1].map((bit) => ((bits >> shift) & bit) !== 0);
    const isSpecial = (bits & special) !== 0;
    const last = isSpecial ? (execute ? letter : letter.toUpperCase()) : execute ? "x" : "-";
    return `${read ? "r" : "-"}${write ? "w" : "-"}${last}`;
  };
  return `${typeLetters[type]}${triple(6, 0o4000, "s")}${triple(3, 0o2000, "s")}${triple(0, 0o1000, "t")}`;
}
