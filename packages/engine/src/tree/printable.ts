import { printableRunLengths } from "./printable-table.ts";

/** Where runs of printable and unprintable code points begin, ascending; the run at an odd place is printable. */
const runStarts = Uint32Array.from(startsOf(printableRunLengths.split(" ")));

function startsOf(lengths: readonly string[]): number[] {
  const starts: number[] = [];
  let start = 0;
  for (const length of lengths) {
    starts.push(start);
    start += Number.parseInt(length, 36);
  }
  return starts;
}

/** Whether Go's strconv.Quote leaves the code point as it is, by Unicode 15.0. */
export function isPrintable(codePoint: number): boolean {
  let low = 0;
  let high = runStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (runStarts[middle]! <= codePoint) low = middle;
    else high = middle - 1;
  }
  return (low & 1) === 1;
}
