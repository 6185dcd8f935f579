/** Monaco's two themes, in the colours of cells at rest (styles/tokens.css), so that nothing changes colour when an editor opens. */
import type * as Monaco from "monaco-editor/editor/editor.api";

interface Palette {
  base: "vs" | "vs-dark";
  ink: string;
  ground: string;
  keyword: string;
  string: string;
  number: string;
  comment: string;
  type: string;
  selection: string;
  line: string;
}

const palettes: Record<"light" | "dark", Palette> = {
  light: {
    base: "vs",
    ink: "1d1f23",
    ground: "ffffff",
    keyword: "7a3e9d",
    string: "1c6b3c",
    number: "0b5cad",
    comment: "66676a",
    type: "8a5300",
    selection: "c9def5",
    line: "dfdbd2",
  },
  dark: {
    base: "vs-dark",
    ink: "e8e6e1",
    ground: "1e2024",
    keyword: "c99bea",
    string: "8fcf9f",
    number: "7db8f5",
    comment: "94938f",
    type: "e0ae5b",
    selection: "2f4f77",
    line: "33363c",
  },
};

export function defineThemes(monaco: typeof Monaco): void {
  for (const [name, palette] of Object.entries(palettes)) {
    monaco.editor.defineTheme(`switchyard-${name}`, {
      base: palette.base,
      inherit: true,
      rules: [
        { token: "", foreground: palette.ink },
        { token: "keyword", foreground: palette.keyword },
        { token: "string", foreground: palette.string },
        { token: "number", foreground: palette.number },
        { token: "comment", foreground: palette.comment, fontStyle: "italic" },
        { token: "type", foreground: palette.type },
      ],
      colors: {
        "editor.background": `#${palette.ground}`,
        "editor.foreground": `#${palette.ink}`,
        "editor.selectionBackground": `#${palette.selection}`,
        "editorLineNumber.foreground": `#${palette.comment}`,
        "editorWidget.border": `#${palette.line}`,
        "editorWidget.background": `#${palette.ground}`,
        "editorSuggestWidget.background": `#${palette.ground}`,
        "editorSuggestWidget.selectedBackground": `#${palette.selection}`,
        "editorSuggestWidget.selectedForeground": `#${palette.ink}`,
        // letters that match what was typed; the editor's own colour for the selected row is that of the row
        "editorSuggestWidget.highlightForeground": `#${palette.number}`,
        "editorSuggestWidget.focusHighlightForeground": `#${palette.number}`,
        "editorHoverWidget.background": `#${palette.ground}`,
        // one colour for every depth: cells at rest have one
        ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((depth) => [`editorBracketHighlight.foreground${depth}`, `#${palette.ink}`])),
      },
    });
  }
}
