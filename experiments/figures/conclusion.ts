/** What an experiment's runs say of the claims a notebook makes: text, as data, HTML, Markdown and SVG. */
import * as v from "valibot";
import type { ExperimentResult } from "../results.ts";
import { judgeClaims, type Claim, type Finding } from "../statistics/claims.ts";
import { describeFinding, describeStudy, outcomeTitles } from "../statistics/findings.ts";
import { describeMetric } from "../statistics/sentence.ts";
import { markdownText as plain } from "../text/markdown-text.ts";
import { csvTable, type CsvTable } from "./csv.ts";
import type { Block } from "./block.ts";
import { compose, fontSize, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { metricName } from "./options.ts";
import { escapeXml } from "./svg.ts";
import { label, wrap } from "./text.ts";
import { themeOf, type Theme } from "./theme.ts";

const positive = v.pipe(v.number(), v.gtValue(0));
const words = v.pipe(v.string(), v.minLength(1), v.maxLength(2000));

const claim: v.GenericSchema<unknown, Claim> = v.pipe(
  v.strictObject({
    claim: words,
    paper: v.optional(v.nullable(words), null),
    metric: metricName,
    arm: v.string(),
    than: v.optional(v.nullable(v.union([v.string(), v.pipe(v.number(), v.finite())])), null),
    expect: v.picklist(["lower", "higher", "same"]),
    factor: v.optional(v.nullable(positive), null),
    within: v.optional(v.nullable(positive), null),
  }),
  v.check(({ expect, within }) => (expect === "same") === (within !== null), '"within" set where "same" is expected, and only there'),
  v.check(
    ({ factor, expect, than }) => factor === null || (expect !== "same" && typeof than !== "number"),
    '"factor" only where another arm is compared with',
  ),
);

export const conclusionOptions = v.strictObject({ claims: v.optional(v.pipe(v.array(claim), v.maxLength(50)), []) });

/** One claim as it is read: the outcome, the claim, the numbers, the paper. */
interface Entry {
  outcome: string;
  claim: string;
  numbers: string;
  paper: string | null;
}

export function conclusion(
  experiment: ExperimentResult,
  { claims }: v.InferOutput<typeof conclusionOptions>,
  frame: FigureOptions,
): Figure {
  const theme = themeOf(frame.theme);
  const findings = judgeClaims(experiment, claims);
  const entries = findings.map(
    (finding): Entry => ({
      outcome: outcomeTitles[finding.outcome],
      claim: sentence(finding.claim.claim),
      numbers: describeFinding(finding),
      paper: finding.claim.paper && sentence(finding.claim.paper),
    }),
  );
  // an experiment without claims has its primary metrics to tell of
  const paragraphs = [
    ...(claims.length === 0 ? experiment.primary.map((metric) => describeMetric(experiment, metric)) : []),
    describeStudy(experiment, findings),
  ];
  return compose(
    {
      title: `What the runs of “${experiment.title}” say`,
      alternative: [...entries.map(({ outcome, claim, numbers }) => `${outcome} ${claim} ${numbers}`), ...paragraphs].join(" "),
      data: () => dataOf(findings),
      blocks: [
        ...entries.map((entry) => drawEntry(entry, innerWidth(frame), theme)),
        ...paragraphs.map((text) => drawText(text, innerWidth(frame), theme)),
      ],
      html: htmlOf(entries, paragraphs),
      markdown: markdownOf(entries, paragraphs),
    },
    frame,
  );
}

const sentence = (text: string): string => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);

function htmlOf(entries: readonly Entry[], paragraphs: readonly string[]): string {
  const items = entries.map(
    ({ outcome, claim, numbers, paper }) =>
      `<li><strong>${escapeXml(outcome)}</strong> <em>${escapeXml(claim)}</em> ${escapeXml(numbers)}${paper ? ` <span class="paper">The paper: ${escapeXml(paper)}</span>` : ""}</li>`,
  );
  return `${items.length ? `<ul class="conclusion">${items.join("\n")}</ul>` : ""}${paragraphs.map((text) => `<p>${escapeXml(text)}</p>`).join("")}`;
}

function markdownOf(entries: readonly Entry[], paragraphs: readonly string[]): string {
  const items = entries.map(
    ({ outcome, claim, numbers, paper }) =>
      `- **${outcome}** *${plain(claim)}* ${plain(numbers)}${paper ? ` The paper: ${plain(paper)}` : ""}`,
  );
  return [...(items.length ? [items.join("\n")] : []), ...paragraphs.map(plain)].join("\n\n");
}

function dataOf(findings: readonly Finding[]): CsvTable {
  const columns = [
    "claim",
    "outcome",
    "metric",
    "arm",
    "than",
    "n",
    "armMean",
    "thanMean",
    "scale",
    "estimate",
    "low95",
    "high95",
    "low90",
    "high90",
    "p",
    "pHolm",
    "family",
  ];
  return csvTable(
    columns,
    findings.map((f) => [
      f.claim.claim,
      f.outcome,
      f.claim.metric,
      f.claim.arm,
      f.than,
      f.n,
      f.armMean,
      f.thanMean,
      f.scale,
      f.estimate,
      f.ci95?.[0],
      f.ci95?.[1],
      f.ci90?.[0],
      f.ci90?.[1],
      f.p,
      f.pHolm,
      f.family,
    ]),
  );
}

const indent = 14;
const lineHeight = 17;

function drawEntry({ outcome, claim, numbers, paper }: Entry, width: number, theme: Theme): Block {
  const rows = [
    ...wrap(`${outcome} ${claim}`, width - indent, { size: fontSize.text, weight: 600 }).map((text) => ({
      text,
      weight: 600 as const,
      fill: theme.ink,
    })),
    ...wrap(numbers, width - indent, { size: fontSize.text }).map((text) => ({ text, weight: 400 as const, fill: theme.ink })),
    ...(paper
      ? wrap(`The paper: ${paper}`, width - indent, { size: fontSize.text }).map((text) => ({
          text,
          weight: 400 as const,
          fill: theme.inkSoft,
        }))
      : []),
  ];
  const markup = rows.map(({ text, weight, fill }, i) => label(text, indent, 12 + i * lineHeight, { size: fontSize.text, weight, fill }));
  return { markup: label("•", 0, 12, { size: fontSize.text, fill: theme.inkSoft }) + markup.join(""), height: rows.length * lineHeight };
}

function drawText(text: string, width: number, theme: Theme): Block {
  const lines = wrap(text, width, { size: fontSize.text });
  return {
    markup: lines.map((line, i) => label(line, 0, 12 + i * lineHeight, { size: fontSize.text, fill: theme.inkSoft })).join(""),
    height: lines.length * lineHeight,
  };
}
