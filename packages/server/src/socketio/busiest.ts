/**
 * Chooses so many members of groups, the oldest of the largest group first, and then half of each that is the largest. Pure.
 *
 * @param groups the oldest member of each comes first
 */
export function busiestFirst<Name, Member>(
  groups: ReadonlyMap<Name, readonly Member[]>,
  count: number,
): readonly (readonly [Name, Member])[] {
  const left = new Map([...groups].map(([name, members]) => [name, [...members]]));
  const chosen: (readonly [Name, Member])[] = [];
  while (chosen.length < count) {
    const [name, members] = largestOf(left) ?? [];
    if (name === undefined || !members) break;
    const share = Math.min(count - chosen.length, Math.ceil(members.length / 2));
    chosen.push(...members.splice(0, share).map((member) => [name, member] as const));
    if (members.length === 0) left.delete(name);
  }
  return chosen;
}

function largestOf<Name, Member>(groups: ReadonlyMap<Name, Member[]>) {
  let largest: readonly [Name, Member[]] | undefined;
  for (const group of groups) {
    if (!largest || group[1].length > largest[1].length) largest = group;
  }
  return largest;
}
