import path from "node:path";
import { layers, ownedGlobals, ownedModules, privateRooms, testOnly, type Layer } from "./layers.ts";
import type { SourceFile, Use } from "./source-file.ts";

type LayerName = keyof typeof layers;

/** Tests, and the folders of what only they use. */
const isTest = (file: string) => /(\.test|[.-]fixture)\.tsx?$|\/testing\//.test(file);

/** Every rule that `files` break, one line each: file, line, what was imported or read, and the rule's reason. */
export function brokenRules(files: readonly SourceFile[]): string[] {
  const broken: string[] = [];
  for (const file of files) {
    const layer = layerOf(file.path);
    for (const use of file.imports) {
      for (const reason of importFaults(file.path, layer, use))
        broken.push(lineOf(file, use, `imports ${use.what}`, reason));
    }
    if (isTest(file.path)) continue;
    for (const use of file.expressions) {
      const owned = ownedGlobals.find(({ expressions, openTo }) => {
        return expressions.includes(use.what) && !openTo.some((pattern) => pattern.test(file.path));
      });
      if (owned) broken.push(lineOf(file, use, `reads ${use.what}`, owned.because));
    }
  }
  return broken;
}

function lineOf(file: SourceFile, use: Use, does: string, because: string): string {
  return `${file.path}:${use.line} ${does}, but ${because}`;
}

function layerOf(file: string): LayerName {
  for (const [name, { folder }] of Object.entries(layers)) {
    if (file.startsWith(`${folder}/`)) return name as LayerName;
  }
  throw new Error(`${file} is in no layer of tools/layers.ts; give its folder a row there.`);
}

function* importFaults(file: string, from: LayerName, { what }: Use): Generator<string> {
  if (what.startsWith(".")) {
    yield* relativeFaults(file, from, what);
    return;
  }
  const [scope, name, ...rest] = what.split("/");
  if (scope === "@holdfast") {
    if (rest.length > 0 && !doorsOf(name).includes(rest.join("/")))
      yield `a package is entered through its index (@holdfast/${name}) or a door that tools/layers.ts names`;
    yield* packageFaults(file, from, name ?? "");
  }
  for (const { modules, within, rooms, because } of ownedModules) {
    const isOwned = modules.some((module) => what === module || what.startsWith(`${module}/`));
    if (isOwned && from === within && !isTest(file) && !rooms.includes(roomOf(file, from))) yield because;
  }
}

function doorsOf(name: string | undefined): readonly string[] {
  const layer: Layer | undefined = Object.entries(layers).find(([each]) => each === name)?.[1];
  return layer?.doors ?? [];
}

function* relativeFaults(file: string, from: LayerName, what: string): Generator<string> {
  const target = path.posix.join(path.posix.dirname(file), what);
  if (!target.startsWith(`${layers[from].folder}/`)) {
    yield "another package is imported as @holdfast/…, through its index";
    return;
  }
  for (const { of, rooms, openTo, because } of privateRooms) {
    if (of === from && rooms.includes(roomOf(target, from)) && !openTo.includes(roomOf(file, from))) yield because;
  }
}

function* packageFaults(file: string, from: LayerName, to: string): Generator<string> {
  if (to === testOnly.name) {
    if (!isTest(file) && from !== testOnly.name) yield testOnly.because;
    return;
  }
  const { may, testsMay = [], because }: Layer = layers[from];
  if (to === from || may.includes(to) || (isTest(file) && testsMay.includes(to))) return;
  yield `${from} may import ${may.join(", ") || "nothing of ours"}: ${because}`;
}

/** The first folder below the package's `src`, or the file's own name when it lies directly there. */
function roomOf(file: string, layer: LayerName): string {
  return path.posix.relative(`${layers[layer].folder}/src`, file).split("/")[0] ?? "";
}
