/** The part of `Intl` that Plot and the measuring of text use, in English: the sandbox's machine carries no locales. */

const months = "January February March April May June July August September October November December".split(" ");
const weekdays = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** en-US: at most three decimals, thousands in groups. */
class NumberFormat {
  format(value: number | bigint): string {
    if (typeof value === "number" && !Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
    if (Object.is(value, -0)) return "-0";
    // The shortest digits where they are few enough: toFixed() also shows those that only the binary number has.
    const short = String(value);
    const digits = /^-?\d+(\.\d{1,3})?$/.test(short)
      ? short
      : typeof value === "bigint" || Math.abs(value) >= 1e21
        ? BigInt(value).toString()
        : value.toFixed(3);
    const [, sign, whole, , decimals = ""] = /^(-?)(\d+)(\.(\d+))?$/.exec(digits)!;
    const kept = decimals.replace(/0+$/, "");
    return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (kept && `.${kept}`);
  }
}

interface DateOptions {
  month?: "short" | "long" | "narrow" | "numeric" | "2-digit";
  weekday?: "short" | "long" | "narrow";
}

/** Names of months and weekdays, or a date as month/day/year; in UTC, which is what Plot asks for. */
class DateTimeFormat {
  private readonly options: DateOptions;

  constructor(_locale?: string, options: DateOptions = {}) {
    this.options = options;
  }

  format(value: number | Date): string {
    const date = new Date(value);
    const { month, weekday } = this.options;
    const named = (name: string, style: string) => (style === "long" ? name : name.slice(0, style === "narrow" ? 1 : 3));
    if (weekday) return named(weekdays[date.getUTCDay()], weekday);
    if (month === "numeric") return String(date.getUTCMonth() + 1);
    if (month === "2-digit") return String(date.getUTCMonth() + 1).padStart(2, "0");
    if (month) return named(months[date.getUTCMonth()], month);
    return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
  }
}

/** What a reader sees as one character: a base with its marks, a flag, emoji that are joined. */
class Segmenter {
  *segment(text: string): Generator<{ segment: string }> {
    for (const [segment] of text.matchAll(/\r\n|(?:\p{Regional_Indicator}{2}|.)(?:[\p{M}\u200d\p{Emoji_Modifier}]|(?<=\u200d).)*/gsu))
      yield { segment };
  }
}

export const EnglishFormats = { NumberFormat, DateTimeFormat, Segmenter };
