/** Tables as comma-separated values (RFC 4180): one header, "\n" line ends, UTF-8 without a byte order mark. */
export type CsvCell = string | number | boolean | null | undefined;

export interface CsvTable {
  columns: readonly string[];
  rows: readonly (readonly CsvCell[])[];
}

export const csvTable = (columns: CsvTable["columns"], rows: CsvTable["rows"]): CsvTable => ({ columns, rows });

/** Tables of several experiments as one: a column says whose row it is, and one that a table does not have is empty there. */
export function stackedTable(parts: readonly { experiment: string; table: CsvTable }[]): CsvTable {
  const columns = [...new Set(parts.flatMap(({ table }) => table.columns))];
  const rows = parts.flatMap(({ experiment, table }) => {
    const places = columns.map((name) => table.columns.indexOf(name));
    return table.rows.map((row) => [experiment, ...places.map((at) => (at < 0 ? null : row[at]))]);
  });
  return { columns: ["experiment", ...columns], rows };
}

/** Numbers in full; null and undefined are empty, NaN and infinities by name. */
export const csvText = ({ columns, rows }: CsvTable): string => [columns, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");

function cell(value: CsvCell): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = asText(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A spreadsheet takes a text that begins so for a formula, and runs it: an apostrophe before it says that it is text, as
 * OWASP advises ("CSV injection"). Numbers are never changed. Characters that no program reads are replaced.
 */
function asText(text: string): string {
  const readable = text.replace(/[^\P{Cc}\t\r\n]/gu, "\ufffd");
  return /^\s*[=+\-@＝＋－＠]/.test(readable) ? `'${readable}` : readable;
}
