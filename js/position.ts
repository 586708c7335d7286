/** Where an event stands in a channel: what its id says, `<epoch>-<number>`. */
export interface Position {
  readonly epoch: number;
  readonly number: number;
}

export function parsePosition(text: string): Position | undefined {
  const [, epoch, number] = /^(\d{1,16})-(\d{1,16})$/.exec(text) ?? [];
  const position = { epoch: Number(epoch), number: Number(number) };
  return Number.isSafeInteger(position.epoch) && Number.isSafeInteger(position.number) ? position : undefined;
}

export function isBehind(position: Position, other: Position): boolean {
  return position.epoch === other.epoch ? position.number > other.number : position.epoch > other.epoch;
}

export function positionText({ epoch, number }: Position): string {
  return `${epoch}-${number}`;
}
