export { assess, type AssessOptions, type AssessProgress, type FilesAssessment } from "./assess/assess.ts";
export { sourceErrors } from "./errors.ts";
export { filesSource, type FilesOptions } from "./files/files-source.ts";
export type { ExcludeOptions, TagFile } from "./files/selection.ts";
export { streamSource, type StreamOptions } from "./stream/stream-source.ts";
