/** Something that only the calling thread can open: it was not given a place. */
export class LocalPlace<Opened> {
  readonly open: () => Opened;

  constructor(open: () => Opened) {
    this.open = open;
  }
}
