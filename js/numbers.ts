/** Numbers that stand for objects in wasm memory: given again once their owner is done with them, or is collected. */
export class Numbers {
  #count = 0;
  readonly #free: number[] = [];
  readonly #abandoned =
    globalThis.FinalizationRegistry && new FinalizationRegistry<number>((number) => this.#free.push(number));

  take(owner: object): number {
    const number = this.#free.pop() ?? this.#count++;
    this.#abandoned?.register(owner, number, owner);
    return number;
  }

  give(owner: object, number: number): void {
    this.#abandoned?.unregister(owner);
    this.#free.push(number);
  }
}
