/** Colours of figures. Every series colour has contrast 3:1 or more with the grounds, every text colour 4.5:1 (tests hold this). */

/** "auto" draws with CSS variables (`themeVariables`) and follows the page; the others draw with fixed colours and a ground. */
export type ThemeName = "light" | "dark" | "auto";

export interface Theme {
  name: ThemeName;
  ground: string;
  ink: string;
  inkSoft: string;
  grid: string;
  /** axes, reference lines, frames */
  rule: string;
  /** quiet fills behind marks */
  wash: string;
  /** series colours; told apart in each theme by normal, protan and deutan eyes */
  series: readonly string[];
  /** −1 (far below) … 0 (even) … 1 (far above), in steps */
  diverging(t: number): string;
}

interface Colours {
  ground: string;
  ink: string;
  inkSoft: string;
  grid: string;
  rule: string;
  wash: string;
  series: string[];
  /** far below, below, even, above, far above */
  diverging: [string, string, string, string, string];
}

// blue, orange, green, magenta, ochre, violet, teal, red: lightness and chroma chosen per theme for the largest distance
// between any two in OKLab under normal, protan and deutan vision (Machado, Oliveira & Fernandes 2009)
export const colours: Record<"light" | "dark", Colours> = {
  light: {
    ground: "#ffffff",
    ink: "#1d1f23",
    inkSoft: "#55565a",
    grid: "#ebe8e2",
    rule: "#8c877c",
    wash: "#efede8",
    series: ["#4f8eff", "#c27917", "#509e81", "#700767", "#7c5e1c", "#583cb4", "#0d758b", "#75220f"],
    diverging: ["#0b3c7d", "#5a9bd8", "#f4f2ed", "#e08a4f", "#8a2a0c"],
  },
  dark: {
    ground: "#17181b",
    ink: "#e8e6e1",
    inkSoft: "#b0aea8",
    grid: "#2a2c31",
    rule: "#6f747d",
    wash: "#26282d",
    series: ["#4d71de", "#f58d0a", "#71be97", "#fec1f3", "#fbd530", "#a79bfe", "#168c8a", "#d25033"],
    diverging: ["#9cd0ff", "#3b78b8", "#26282d", "#b8622a", "#ffc48a"],
  },
};

/** Steps of the diverging scale on each side of even. */
export const divergingSteps = 12;

export function themeOf(name: ThemeName): Theme {
  const base = colours[name === "dark" ? "dark" : "light"];
  const ramp = Array.from({ length: 2 * divergingSteps + 1 }, (_, i) => divergingColour(base.diverging, i / divergingSteps - 1));
  const use = (variable: string, colour: string) => (name === "auto" ? `var(--fig-${variable},${colour})` : colour);
  return {
    name,
    ground: use("ground", base.ground),
    ink: use("ink", base.ink),
    inkSoft: use("ink-soft", base.inkSoft),
    grid: use("grid", base.grid),
    rule: use("rule", base.rule),
    wash: use("wash", base.wash),
    series: base.series.map((colour, i) => use(`series-${i}`, colour)),
    diverging(t) {
      const step = Math.round((Math.min(1, Math.max(-1, t)) + 1) * divergingSteps);
      return use(`diverging-${step}`, ramp[step]);
    },
  };
}

/** CSS declarations that figures of theme "auto" read, e.g. for `:root { … }` and a media query. */
export function themeVariables(name: "light" | "dark"): string {
  const auto = themeOf("auto");
  const fixed = themeOf(name);
  const ramp = Array.from({ length: 2 * divergingSteps + 1 }, (_, i) => i / divergingSteps - 1);
  const pairs: [string, string][] = [
    ...(["ground", "ink", "inkSoft", "grid", "rule", "wash"] as const).map((key): [string, string] => [auto[key], fixed[key]]),
    ...auto.series.map((variable, i): [string, string] => [variable, fixed.series[i]]),
    ...ramp.map((t): [string, string] => [auto.diverging(t), fixed.diverging(t)]),
  ];
  return pairs.map(([variable, colour]) => `${variable.slice(4, variable.indexOf(","))}:${colour}`).join(";");
}

function divergingColour(stops: Colours["diverging"], t: number): string {
  const place = (t + 1) * 2;
  const at = Math.min(3, Math.floor(place));
  return mix(stops[at], stops[at + 1], place - at);
}

function mix(from: string, to: string, t: number): string {
  const channel = (at: number) => {
    const [a, b] = [from, to].map((hex) => parseInt(hex.slice(at, at + 2), 16));
    return Math.round(a + (b - a) * t)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}
