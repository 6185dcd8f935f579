/** Drawings of cells: what is let through, and how they follow the theme. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanSvg, labelOf } from "../../experiments/figures/drawn/clean-svg.ts";
import { themedSvg } from "../../experiments/figures/drawn/themed-svg.ts";
import { colours } from "../../experiments/figures/theme.ts";
import { parseSvg, type Tag } from "../figures/svg-tree.ts";

const inside = (markup: string): string => cleanSvg(`<svg width="10" height="10">${markup}</svg>`).svg.replace(/^<svg[^>]*>|<\/svg>$/g, "");

describe("a cell's SVG", () => {
  test.each([
    ["a script", "<script>x()</script>", ""],
    ["a handler", '<rect onclick="x()" width="1"/>', '<rect width="1"></rect>'],
    ["a handler in other letters", '<rect ONCLICK="x()" OnLoad="x()"/>', "<rect></rect>"],
    ["foreign markup", "<foreignObject><iframe/></foreignObject><g/>", "<g></g>"],
    ["an animation of a link", '<g><animate attributeName="href" to="javascript:x()"/><set/></g>', "<g></g>"],
    ["a link", '<a href="https://example.org"><text>t</text></a>', ""],
    ["a remote use", '<use href="https://example.org/x.svg#a"/><use href="#a"/>', '<use></use><use href="#a"></use>'],
    [
      "a script as a picture",
      '<image href="javascript:x()"/><image href="data:text/html,x"/><image href="data:image/svg+xml,x"/>',
      "<image></image><image></image><image></image>",
    ],
    [
      "a remote fill",
      '<rect fill="url(https://example.org#a)"/><rect fill="url( &quot;#a&quot;)"/>',
      '<rect></rect><rect fill="url( &quot;#a&quot;)"></rect>',
    ],
    ["a remote style", '<rect style="fill:url(//example.org/x)"/><rect style="fill:u\\72l(//example.org)"/>', "<rect></rect><rect></rect>"],
    [
      "a style sheet that loads",
      "<style>@import '//example.org'</style><style>rect{fill:image-set('//example.org')}</style><style>rect{fill:red}</style>",
      "<style>rect{fill:red}</style>",
    ],
    ["a document type and its entities", '<!DOCTYPE svg [<!ENTITY a "b">]><text>&a;</text><?php x ?><!-- c -->', "<text>&amp;a;</text>"],
    ["a part's own role and label", '<g role="button" aria-label="line"><path/></g>', "<g><path></path></g>"],
    ["markup hidden in CDATA", "<text><![CDATA[<script>x()</script>]]></text>", "<text>&lt;script&gt;x()&lt;/script&gt;</text>"],
  ])("loses %s and keeps the rest", (_what, markup, kept) => {
    expect(inside(markup)).toBe(kept);
  });

  test("whatever the text, what comes out is well-formed, one element, and only drawing", () => {
    const piece = fc.constantFrom(
      "<svg",
      "</svg>",
      "<g>",
      "</g>",
      "<script>",
      "</script>",
      ' onload="x"',
      " href='javascript:x'",
      "<style>",
      "</style>",
      "<![CDATA[",
      "]]>",
      "<!--",
      "-->",
      '"',
      "'",
      ">",
      "/>",
      "<a ",
      "<text>",
      "&lt;",
      "&#x3c;",
      "\u0000",
      "\ud800",
      "url(",
      "x",
      " ",
      "=",
      "<svg>",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { svg } = cleanSvg(`<svg>${pieces.join("")}`);
        const visit = (tag: Tag): void => {
          expect(["svg", "g", "style", "text"]).toContain(tag.name);
          expect(Object.keys(tag.attributes).filter((name) => /^on|href/.test(name))).toEqual([]);
          tag.children.forEach(visit);
        };
        visit(parseSvg(svg));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['width="20" height="10"', 20, 10, "0 0 20 10"],
    ['viewBox="0 0 40 10"', 40, 10, "0 0 40 10"],
    ['viewBox="-5,-5 40 10" width="80px"', 80, 20, "-5,-5 40 10"],
    ['width="100%" height="2em"', 300, 150, "0 0 300 150"],
    ['width="NaN" height="-1" viewBox="0 0 0 0"', 300, 150, "0 0 300 150"],
    ['width="40000" height="10000"', 4000, 1000, "0 0 40000 10000"],
  ])("with %s has a size in pixels and a viewBox", (attributes, width, height, viewBox) => {
    const drawn = cleanSvg(`<svg ${attributes}/>`);
    expect(drawn).toMatchObject({ width, height });
    expect(parseSvg(drawn.svg).attributes).toMatchObject({ width: String(width), height: String(height), viewBox });
  });

  test("keeps its title and description, and has a text alternative in any case", () => {
    const drawn = cleanSvg(
      '<svg aria-label="Losses"><title> A\n title </title><desc>They fall.</desc><g><title>of a dot</title></g></svg>',
    );
    expect(drawn).toMatchObject({ title: "A title", alternative: "Losses. They fall." });
    expect(parseSvg(drawn.svg).attributes["aria-label"]).toBe("A title. Losses. They fall.");
    expect(labelOf(cleanSvg("<svg/>"))).toBe("Figure drawn by the notebook");
  });

  test("that is none is refused", () => {
    expect(() => cleanSvg("<p>text</p>")).toThrow("this is no SVG");
  });
});

describe("a drawing in a theme", () => {
  const drawn = cleanSvg(
    `<svg width="10" height="10" viewBox="-5 -5 10 10"><rect fill="var(--fig-series-1, #c27917)" stroke="var(--plot-background)"/><path stroke="var(--mine, var(--fig-ink, rgb(1, 2, 3)))" fill="var(--nothing)"/><text>var(--fig-ink)</text></svg>`,
  );

  test.each(["light", "dark"] as const)("%s: series colours, ground and ink are the theme's, text stays text", (name) => {
    const { series, ground, ink } = colours[name];
    const tag = parseSvg(themedSvg(drawn, name, { ground: true }));
    expect(tag.attributes.color).toBe(ink);
    const [paper, rect, path, text] = tag.children;
    expect(paper.attributes).toMatchObject({ x: "-5", y: "-5", width: "10", height: "10", fill: ground });
    expect(rect.attributes).toMatchObject({ fill: series[1], stroke: ground });
    expect(path.attributes).toMatchObject({ stroke: ink, fill: "currentColor" });
    expect(text.text).toBe("var(--fig-ink)");
  });

  test("a colour that the drawing gives itself stays, and a page brings its own ground", () => {
    const own = parseSvg(themedSvg(cleanSvg('<svg color="red"><rect/></svg>'), "dark", { ground: false }));
    expect(own.attributes.color).toBe("red");
    expect(own.children).toHaveLength(1);
  });
});
