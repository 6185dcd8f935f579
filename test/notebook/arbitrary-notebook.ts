/** Texts that look like notebooks, and texts that are nearly notebooks. */
import fc from "fast-check";

const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "---",
      "```",
      "````",
      "~~~",
      "```ts {#a}",
      "```ts {#b}",
      "````ts {#a}",
      "~~~ts {#c .x}",
      "  ```ts {#d}",
      "```ts",
      "```py {#a}",
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "\t",
      "text",
      "# Head",
      "- item",
      "  more",
      "    code",
      "> quote",
      "<!--",
      "-->",
      "<pre>",
      "</pre>",
      "<<<<<<< HEAD",
      "=======",
      "$$",
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "switchyard: 1",
      "title: T",
      "budget: { smoke: { train.steps: 2 } }",
      "const x = 1;",
      "const md = `",
      "  indented",
      "`".repeat(5),
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
);
const ending = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r");

const lines = fc.array(fc.tuple(line, ending), { maxLength: 30 }).map((parts) => parts.map(([text, end]) => text + end).join(""));

export const notebookText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("", "", "\uFEFF", "---\nswitchyard: 1\n---\n", "---\r\nswitchyard: 1\r\n---\r\n"),
    lines,
    fc.constantFrom("", "end", "```"),
  )
  .map((parts) => parts.join(""));
