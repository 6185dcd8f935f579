/**
 * `valLoss < 2 and arm like '%free%'` → SQL with its values apart. Only names on the list get into the SQL, and only as what
 * the list says they are; everything else a person writes becomes a bound value.
 *
 *   expression = term { "or" term }          term = factor { "and" factor }
 *   factor     = "not" factor | "(" expression ")" | operand operator operand | operand "is" [ "not" ] "null"
 *   operator   = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | [ "not" ] "like"
 *   operand    = name | number | 'text' | "text" | "true" | "false"
 */
import { didYouMean } from "./problems.ts";

export interface Where {
  sql: string;
  values: (number | string)[];
}

/** An expression that cannot be searched by; the message is for a person. */
export class WhereError extends Error {
  override readonly name = "WhereError";
}

export interface Searchable {
  /** name → SQL expression */
  columns: Readonly<Record<string, string>>;
  /** names whose value is looked up by name, with `fact` */
  facts: ReadonlySet<string>;
  /** SQL expression with one placeholder, for the name */
  fact: string;
}

interface Token {
  kind: "name" | "number" | "text" | "symbol" | "end";
  text: string;
  /** 1-based column in what was written */
  at: number;
}

/** SQLite takes expressions up to a depth of 1000; nobody writes half of that. */
const mostTokens = 500;

const pattern = /\s*(?:(?<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.]))|(?<name>[A-Za-z_][\w.-]*)|(?<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<symbol><=|>=|<>|!=|==|[<>=()]))/iy;

/** @throws {WhereError} */
export function parseWhere(written: string, searchable: Searchable): Where {
  return new Parser(tokens(written), searchable).parse();
}

function tokens(written: string): Token[] {
  const found: Token[] = [];
  const end = written.trimEnd().length;
  for (pattern.lastIndex = 0; pattern.lastIndex < end; ) {
    const from = pattern.lastIndex;
    const groups = pattern.exec(written)?.groups;
    if (!groups) {
      const rest = written.slice(from).trimStart();
      throw new WhereError(/^['"]/.test(rest) ? `the text ${rest} has no closing ${rest[0]}` : `${rest.split(/\s/)[0]} at column ${written.length - rest.length + 1} is not understood`);
    }
    const [kind, text] = Object.entries(groups).find(([, value]) => value !== undefined) as [Token["kind"], string];
    found.push({ kind, text, at: pattern.lastIndex - text.length + 1 });
  }
  if (found.length > mostTokens) throw new WhereError(`it has ${found.length} words; ${mostTokens} are the most`);
  return [...found, { kind: "end", text: "the end", at: end + 1 }];
}

class Parser {
  private readonly tokens: Token[];
  private readonly searchable: Searchable;
  private readonly values: (number | string)[] = [];
  private at = 0;

  constructor(list: Token[], searchable: Searchable) {
    this.tokens = list;
    this.searchable = searchable;
  }

  parse(): Where {
    const sql = this.expression();
    if (this.next.kind !== "end") throw this.unexpected("and, or, or the end");
    return { sql, values: this.values };
  }

  private expression(): string {
    const terms = [this.term()];
    while (this.take("or")) terms.push(this.term());
    return terms.length === 1 ? terms[0] : `(${terms.join(" OR ")})`;
  }

  private term(): string {
    const factors = [this.factor()];
    while (this.take("and")) factors.push(this.factor());
    return factors.length === 1 ? factors[0] : `(${factors.join(" AND ")})`;
  }

  private factor(): string {
    if (this.take("not")) return `NOT (${this.factor()})`;
    if (this.take("(")) {
      const inner = this.expression();
      if (!this.take(")")) throw this.unexpected(")");
      return inner;
    }
    const left = this.operand();
    if (this.take("is")) {
      const not = this.take("not") ? "NOT " : "";
      if (!this.take("null")) throw this.unexpected("null");
      return `${left} IS ${not}NULL`;
    }
    const operator = this.operator();
    return `${left} ${operator} ${this.operand()}`;
  }

  private operator(): string {
    for (const symbol of ["<=", ">=", "<>", "!=", "<", ">"]) if (this.take(symbol)) return symbol;
    if (this.take("=") || this.take("==")) return "=";
    if (this.take("like")) return "LIKE";
    if (this.take("not")) {
      if (this.take("like")) return "NOT LIKE";
      throw this.unexpected("like");
    }
    throw this.unexpected("a comparison (=, !=, <, <=, >, >=, like, is null)");
  }

  private operand(): string {
    const token = this.next;
    if (token.kind === "number" || token.kind === "text") {
      this.at++;
      const quote = token.text[0];
      return this.bind(token.kind === "number" ? Number(token.text) : token.text.slice(1, -1).replaceAll(quote + quote, quote));
    }
    if (this.take("true")) return this.bind(1);
    if (this.take("false")) return this.bind(0);
    if (token.kind !== "name" || isKeyword(token)) throw this.unexpected("a name or a value");
    this.at++;
    return this.column(token.text);
  }

  private column(name: string): string {
    const { columns, facts, fact } = this.searchable;
    if (Object.hasOwn(columns, name)) return columns[name];
    if (facts.has(name)) {
      this.bind(name);
      return fact;
    }
    const near = didYouMean(name, [...Object.keys(columns), ...facts]);
    throw new WhereError(`there is no column ${name}${near === undefined ? `; text needs quotes: '${name}'` : ` (did you mean ${near}?)`}`);
  }

  private bind(value: number | string): string {
    this.values.push(value);
    return "?";
  }

  private get next(): Token {
    return this.tokens[this.at];
  }

  /** Goes on if the next token is this symbol or keyword. */
  private take(text: string): boolean {
    const { kind, text: written } = this.next;
    const found = (kind === "symbol" || kind === "name") && written.toLowerCase() === text;
    if (found) this.at++;
    return found;
  }

  private unexpected(wanted: string): WhereError {
    const { kind, text, at } = this.next;
    return new WhereError(kind === "end" ? `something is missing at the end: ${wanted}` : `${text} at column ${at}: expected ${wanted}`);
  }
}

const isKeyword = ({ text }: Token): boolean => ["and", "or", "not", "like", "is", "null"].includes(text.toLowerCase());
