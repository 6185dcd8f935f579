import { oneLine } from "./one-line.ts";

/** Text within a line of Markdown that means nothing by the characters it holds: no markup, formula, HTML, link, heading or list comes of it. */
export const markdownText = (text: string): string =>
  oneLine(text)
    .trim()
    .replace(/[\\`*_[\]<>$~&|#]/g, "\\$&")
    // addresses that GitHub would make links of
    .replace(/:(?=\/\/)|(?<=\bwww)\.|(?<=\S)@(?=\S)/gi, "\\$&")
    // what begins a list or is a rule, where the text begins a line
    .replace(/^(?:[-+](?=\s|$)|[-=](?=[-=\s]*$))/, "\\$&")
    .replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
