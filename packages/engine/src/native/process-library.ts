type Koffi = (typeof import("koffi"))["default"];

/** The libraries that Node.js itself is linked with, and how to call them; see docs/adr/0014. */
export interface ProcessLibrary {
  readonly koffi: Koffi;
  /** A function by its declaration in C; undefined where this Node.js has none of that name. */
  find(declaration: string): NativeFunction | undefined;
}

export type NativeFunction = ReturnType<ReturnType<Koffi["load"]>["func"]>;

/**
 * Node.js offers zstd and AES as objects that are made for each use: dear for a small file, of which a backup has
 * millions. The functions behind them are exported by its executable and can be called directly.
 *
 * Undefined where koffi has no build for the platform. Whether a function is there is seen when it is looked up.
 */
export const processLibrary: ProcessLibrary | undefined = await load();

async function load(): Promise<ProcessLibrary | undefined> {
  if (process.platform !== "linux" && process.platform !== "darwin") return undefined;
  try {
    const { default: koffi } = await import("koffi");
    const library = koffi.load(null);
    const find = (declaration: string) => {
      try {
        return library.func(declaration);
      } catch {
        return undefined;
      }
    };
    return { koffi, find };
  } catch {
    return undefined; // the callers have another way
  }
}
