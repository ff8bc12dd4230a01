/** What is known of listings that have no fault, by their numbers in the index: which others they name. */
export class TreeFacts {
  /** By a listing's number: where its subtrees stand, as `#answers` position and place in it; -1 for unknown. */
  readonly #answers: Uint32Array[] = [];
  readonly #answerOf: Int32Array;
  readonly #placeOf: Uint32Array;

  /** @param trees numbers there are */
  constructor(trees: number) {
    this.#answerOf = new Int32Array(trees).fill(-1);
    this.#placeOf = new Uint32Array(trees);
  }

  /** @param answer from `soundTrees`, kept as it is */
  add(answer: Uint32Array): void {
    const position = this.#answers.push(answer) - 1;
    for (let at = 0; at < answer.length; at += 2 + answer[at + 1]!) {
      this.#answerOf[answer[at]!] = position;
      this.#placeOf[answer[at]!] = at + 1;
    }
  }

  /** The numbers of a sound listing's subtrees; undefined for one that is not, or that was not looked at. */
  subtreesOf(tree: number): Uint32Array | undefined {
    const answer = this.#answers[this.#answerOf[tree] ?? -1];
    if (answer === undefined) return undefined;
    const place = this.#placeOf[tree]!;
    return answer.subarray(place + 1, place + 1 + answer[place]!);
  }
}
