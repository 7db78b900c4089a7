/** The results of the mutants, as a table. */

/** In the order of the mutants, whatever the order in which they were examined. */
export const rowsOf = (mutants, results) =>
  mutants.map(({ name, race }) => ({ name, race, ...results.get(name) }));

export function tableOf(rows) {
  const lines = rows.map(({ name, race, passed, invariant, seed }) =>
    row(name, race, passed ? '**not noticed**' : invariant, passed ? '' : seed),
  );
  return [row('mutant', 'race', 'noticed as', 'seed'), row(...Array(4).fill('---')), ...lines].join(
    '\n',
  );
}

const row = (...cells) => `| ${cells.join(' | ')} |`;

export const markdownOf = (rows, summary) => `# Mutants

Each line is the product with one rule taken out (\`test/simulation/mutants.mjs\`): the race that the rule guards,
the invariant that the simulation saw violated without it, and the first seed that showed it. Written by
\`npm run mutants -- --markdown docs/lab/mutants.md\`. A seed makes another world when the scenarios change, or when
the product draws its random numbers in another order: the column says what was found, not what will be.

${summary}.

${tableOf(rows)}
`;
