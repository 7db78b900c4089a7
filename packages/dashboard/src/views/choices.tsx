/** One of a few, as a row of buttons: what is pressed is shown. */

interface Named {
  readonly name: string;
}

/** @param about what is chosen, for screen readers */
export function Choices<Choice extends Named>({
  about,
  of,
  chosen,
  onChoose,
}: {
  readonly about: string;
  readonly of: readonly Choice[];
  readonly chosen: Choice;
  readonly onChoose: (choice: Choice) => void;
}) {
  return (
    <fieldset className="choices">
      <legend className="unseen">{about}</legend>
      {of.map((each) => (
        <button
          key={each.name}
          type="button"
          className="button switch"
          aria-pressed={each === chosen}
          onClick={() => onChoose(each)}
        >
          {each.name}
        </button>
      ))}
    </fieldset>
  );
}
