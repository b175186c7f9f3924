// Import lines (doc/format.md) for tests that need a past.

export const T0 = Date.UTC(2026, 0, 10, 12, 0, 0);

/** A conversation of one visitor and one operator: `texts` in turn, the visitor first, one a second. */
export function line(id, { at = T0, visitor = { id: `v-${id}`, name: "Vera" }, operator, texts = ["hi", "hello"], step = 1000, close, ...more } = {}) {
  const agent = { id: 2, type: "Agent", name: "Otto" };
  if (operator) agent.operator = operator;
  const events = [
    { type: "joined", at, by: 1 },
    { type: "joined", at: at + 1, by: 2 },
    ...texts.map((text, i) => ({ type: "message", at: at + 2 + i * step, by: 1 + (i % 2), text })),
  ];
  if (close !== undefined) events.push({ type: "closed", at: at + 2 + texts.length * step, by: close });
  return { id, visitor, ...(operator ? { operator } : {}), ...more, participants: [{ id: 1, type: "Client", name: visitor.name }, agent], events };
}

/** One visitor speaking alone, as the text of a line. */
export function monologue(id, texts = ["hello"], more = {}) {
  const events = texts.map((text, i) => ({ type: "message", at: 1700000000000 + 1000 * i, by: 1, text }));
  return JSON.stringify({ id, visitor: { id: `visitor-${id}` }, participants: [{ id: 1, type: "Client", name: "Ann" }], events, ...more }) + "\n";
}
