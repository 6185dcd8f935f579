/**
 * The language runs are searched in, `valLoss < 2 and arm like '%free%'`, from text to a tree. Two readers give the tree its
 * meaning, the same one: SQL for the index on disk (index-where-sql.ts), and code for runs in memory (index-where-match.ts).
 *
 *   expression = term { "or" term }          term = factor { "and" factor }
 *   factor     = "not" factor | "(" expression ")" | operand operator operand | operand "is" [ "not" ] "null"
 *   operator   = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | [ "not" ] "like"
 *   operand    = name | number | 'text' | "text" | "true" | "false"
 */
import { didYouMean } from "../spec/problems.ts";

export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "like" | "not like";
export type Operand = { kind: "name"; name: string } | { kind: "value"; value: number | string };

export type Expression =
  | { kind: "and" | "or"; parts: Expression[] }
  | { kind: "not"; of: Expression }
  | { kind: "null"; of: Operand; not: boolean }
  | { kind: "compare"; operator: Operator; left: Operand; right: Operand };

/** An expression that cannot be searched by; the message is for a person, and says the place. */
export class WhereError extends Error {
  override readonly name = "WhereError";
  /** 1-based column in what was written; one past its end where something is missing there */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

interface Token {
  kind: "name" | "number" | "text" | "symbol" | "end";
  text: string;
  /** 1-based column */
  at: number;
}

/** SQLite takes expressions up to a depth of 1000; nobody writes half of that. */
const mostTokens = 500;

const pattern =
  /\s*(?:(?<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.]))|(?<name>[A-Za-z_][\w.-]*)|(?<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<symbol><=|>=|<>|!=|==|[<>=()]))/iy;

/**
 * @param names what may be asked about
 * @throws {WhereError}
 */
export function parseWhere(written: string, names: ReadonlySet<string>): Expression {
  return new Parser(tokens(written), names).parse();
}

function tokens(written: string): Token[] {
  const found: Token[] = [];
  const end = written.trimEnd().length;
  for (pattern.lastIndex = 0; pattern.lastIndex < end; ) {
    const from = pattern.lastIndex;
    const groups = pattern.exec(written)?.groups;
    if (!groups) {
      const rest = written.slice(from).trimStart();
      const at = written.length - rest.length + 1;
      throw new WhereError(
        /^['"]/.test(rest)
          ? `the text ${rest} at column ${at} has no closing ${rest[0]}`
          : `${rest.split(/\s/)[0]} at column ${at} is not understood`,
        at,
      );
    }
    const [kind, text] = Object.entries(groups).find(([, value]) => value !== undefined) as [Token["kind"], string];
    found.push({ kind, text, at: pattern.lastIndex - text.length + 1 });
  }
  if (found.length > mostTokens) throw new WhereError(`it has ${found.length} words; ${mostTokens} are the most`, found[mostTokens].at);
  return [...found, { kind: "end", text: "the end", at: end + 1 }];
}

const comparisons: Readonly<Record<string, Operator>> = {
  "<=": "<=",
  ">=": ">=",
  "<>": "!=",
  "!=": "!=",
  "<": "<",
  ">": ">",
  "=": "=",
  "==": "=",
  like: "like",
};

class Parser {
  private readonly tokens: Token[];
  private readonly names: ReadonlySet<string>;
  private at = 0;

  constructor(list: Token[], names: ReadonlySet<string>) {
    this.tokens = list;
    this.names = names;
  }

  parse(): Expression {
    const expression = this.expression();
    if (this.next.kind !== "end") throw this.unexpected("and, or, or the end");
    return expression;
  }

  private expression(): Expression {
    const parts = [this.term()];
    while (this.take("or")) parts.push(this.term());
    return parts.length === 1 ? parts[0] : { kind: "or", parts };
  }

  private term(): Expression {
    const parts = [this.factor()];
    while (this.take("and")) parts.push(this.factor());
    return parts.length === 1 ? parts[0] : { kind: "and", parts };
  }

  private factor(): Expression {
    if (this.take("not")) return { kind: "not", of: this.factor() };
    if (this.take("(")) {
      const inner = this.expression();
      if (!this.take(")")) throw this.unexpected(")");
      return inner;
    }
    const left = this.operand();
    if (this.take("is")) {
      const not = this.take("not");
      if (!this.take("null")) throw this.unexpected("null");
      return { kind: "null", of: left, not };
    }
    return { kind: "compare", operator: this.operator(), left, right: this.operand() };
  }

  private operator(): Operator {
    for (const [symbol, operator] of Object.entries(comparisons)) if (this.take(symbol)) return operator;
    if (this.take("not")) {
      if (this.take("like")) return "not like";
      throw this.unexpected("like");
    }
    throw this.unexpected("a comparison (=, !=, <, <=, >, >=, like, is null)");
  }

  private operand(): Operand {
    const token = this.next;
    if (token.kind === "number" || token.kind === "text") {
      this.at++;
      const quote = token.text[0];
      return {
        kind: "value",
        value: token.kind === "number" ? Number(token.text) : token.text.slice(1, -1).replaceAll(quote + quote, quote),
      };
    }
    if (this.take("true")) return { kind: "value", value: 1 };
    if (this.take("false")) return { kind: "value", value: 0 };
    if (token.kind !== "name" || isKeyword(token)) throw this.unexpected("a name or a value");
    this.at++;
    return this.known(token);
  }

  private known({ text: name, at }: Token): Operand {
    if (this.names.has(name)) return { kind: "name", name };
    const near = didYouMean(name, [...this.names]);
    throw new WhereError(
      `${name} at column ${at} is nothing runs have${near === undefined ? `; text needs quotes: '${name}'` : ` (did you mean ${near}?)`}`,
      at,
    );
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
    return new WhereError(
      kind === "end" ? `something is missing at the end: ${wanted}` : `${text} at column ${at}: expected ${wanted}`,
      at,
    );
  }
}

const isKeyword = ({ text }: Token): boolean => ["and", "or", "not", "like", "is", "null"].includes(text.toLowerCase());
