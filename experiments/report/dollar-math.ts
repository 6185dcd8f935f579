import { math } from "micromark-extension-math";
import type { Code, Construct, Effects, Extension, State, TokenizeContext } from "micromark-util-types";

const dollar = 36;

/**
 * Formulas in Markdown, single dollars by Pandoc's rule, so that amounts of money stay text: a formula begins with a dollar
 * before something that is no space, and ends with one after something that is no space and before something that is no
 * digit. `$$` is as micromark has it.
 */
export function dollarMath(): Extension {
  const extension = math();
  const own = extension.text![dollar] as Construct;
  return { ...extension, text: { ...extension.text, [dollar]: { ...own, tokenize: tokenizeDollars } } };

  function tokenizeDollars(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
    const formula = own.tokenize.call(this, effects, ok, nok);
    return effects.check({ tokenize: lookAhead, partial: true }, formula, nok);
  }
}

/** Succeeds where a formula may begin. */
function lookAhead(effects: Effects, ok: State, nok: State): State {
  return start;

  function start(code: Code): State | undefined {
    effects.enter("mathText");
    effects.consume(code);
    return first;
  }

  function first(code: Code): State | undefined {
    if (code === dollar) return ok(code); // two: not this rule's affair
    return isSpace(code) ? nok(code) : inside(code);
  }

  function inside(code: Code): State | undefined {
    if (code === null) return nok(code);
    effects.consume(code);
    return isSpace(code) ? afterSpace : afterText;
  }

  function afterSpace(code: Code): State | undefined {
    return code === dollar ? nok(code) : inside(code);
  }

  function afterText(code: Code): State | undefined {
    if (code !== dollar) return inside(code);
    effects.consume(code);
    return closed;
  }

  function closed(code: Code): State | undefined {
    if (code === dollar) return run(code);
    return code !== null && code >= 48 && code <= 57 ? nok(code) : ok(code);
  }

  /** Several dollars do not end what one began. */
  function run(code: Code): State | undefined {
    if (code !== dollar) return inside(code);
    effects.consume(code);
    return run;
  }
}

/** Spaces, tabs and line endings (negative codes), and the end of the text. */
const isSpace = (code: Code): boolean => code === null || code < 0 || code === 32;
