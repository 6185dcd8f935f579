/** An HTML table as rows of text: its first row names the columns. */
export function rowsOf(table: Element): Record<string, string>[] {
  const [head = [], ...body] = [...table.querySelectorAll("tr")].map((row) =>
    [...row.children].map((cell) => (cell.textContent ?? "").trim()),
  );
  return body.map((cells) => Object.fromEntries(head.map((name, i) => [name || `column ${i + 1}`, cells[i] ?? ""])));
}
