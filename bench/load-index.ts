/** Loads an index once in a process of its own and prints what that took, as JSON: `load-index.ts REPOSITORY [CACHE]`. */
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository } from "@holdfast/engine";
import { localStorage } from "@holdfast/storage";
import { indexBenchPassword } from "./index-repository.ts";

const [path = "", folder] = process.argv.slice(2);
const context = { clock: systemClock, random: systemRandom, log: silentLog };
const cache = folder === undefined ? {} : { cache: { folder, hasIndex: true } };
const repository = await Repository.open(localStorage(path), { password: indexBenchPassword, ...cache }, context);
const before = process.memoryUsage().rss;
const beganMs = systemClock.monotonicMs();
await repository.loadIndex();
const tookMs = systemClock.monotonicMs() - beganMs;
const index = repository.wholeIndex;
const blobs = index.blobCount("data") + index.blobCount("tree");
const residentBytes = process.memoryUsage().rss - before;
const peakBytes = process.resourceUsage().maxRSS * 1024 - before;
console.log(JSON.stringify({ blobs, tookMs, residentBytes, peakBytes }));
