/** Longer than any event: a run with its progress is a few kilobytes. What exceeds it is not our server. */
const eventCharactersMax = 1024 * 1024;

/**
 * The `data` of each server-sent event, in order. Comments (the server's sign of life), names and ids are passed over.
 * @param pieces text of the stream, cut anywhere
 * @throws Error when an event never ends
 * @see WHATWG HTML, "Interpreting an event stream"
 */
export async function* eventData(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  let data: string[] = [];
  for await (const piece of pieces) {
    rest += piece;
    // A lone carriage return at the end may be the first half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > eventCharactersMax) throw new Error("an event of the server is too long");
    for (const line of lines) {
      if (line.startsWith("data:")) data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
      else if (line === "" && data.length > 0) {
        yield data.join("\n");
        data = [];
      }
    }
  }
}

/** The pieces of a response body as they arrive. `onPiece` hears each, also those that hold only a comment. */
export async function* bytesOf(body: ReadableStream<Uint8Array>, onPiece?: () => void): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onPiece?.();
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // already failed or over; there is nothing left to stop
  }
}

/** UTF-8 pieces as text. */
export async function* textOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const piece of pieces) yield decoder.decode(piece, { stream: true });
  const rest = decoder.decode();
  if (rest !== "") yield rest;
}
