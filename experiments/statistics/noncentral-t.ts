/**
 * The noncentral t distribution, as far as the power of a t test needs it. By quadrature: the usual series over Poisson weights (AS 243, and the
 * library's) is slow, and wrong from noncentralities of 20 on, which the strict levels of families need where seeds are few.
 */
import jstat from "jstat";

const { chisquare, gammaln, normal } = jstat.jStat;

/** Beyond this many standard deviations a normal density leaves out 3e-12. */
const tails = 7;
const intervals = 200;
/** With a smaller critical value the integral over the scale is smooth at its step, with a larger one that over the numerator is. */
const largeCritical = 8;

/**
 * P(|T| > critical) for T = (Z + δ) / S with S = √(V/ν), Z normal and V chi-square with ν degrees of freedom; to seven digits.
 * @param critical above 0
 * @param noncentrality δ, 0 or more
 */
export function exceeds(critical: number, dof: number, noncentrality: number): number {
  return Math.min(1, critical > largeCritical ? overNumerator(critical, dof, noncentrality) : overScale(critical, dof, noncentrality));
}

/** E P(|Z + δ| > critical · S), over the density of S, which is about 1 ± 1/√(2ν). */
function overScale(critical: number, dof: number, noncentrality: number): number {
  const spread = tails / Math.sqrt(2 * dof);
  const logOfScale = Math.LN2 + (dof / 2) * Math.log(dof / 2) - gammaln(dof / 2);
  return simpson(Math.max(0, 1 - spread), 1 + spread, (s) => {
    if (s === 0) return 0;
    const density = Math.exp(logOfScale + (dof - 1) * Math.log(s) - (dof * s * s) / 2);
    return density * (normal.cdf(noncentrality - critical * s, 0, 1) + normal.cdf(-noncentrality - critical * s, 0, 1));
  });
}

/** E P(V < ν(U/critical)²), over the density of U = |Z + δ|. */
function overNumerator(critical: number, dof: number, noncentrality: number): number {
  return simpson(Math.max(0, noncentrality - tails), noncentrality + tails, (u) => {
    const density = normal.pdf(u - noncentrality, 0, 1) + normal.pdf(u + noncentrality, 0, 1);
    return density * chisquare.cdf(dof * (u / critical) ** 2, dof);
  });
}

function simpson(from: number, to: number, f: (x: number) => number): number {
  const step = (to - from) / intervals;
  let sum = f(from) + f(to);
  for (let i = 1; i < intervals; i++) sum += (i % 2 === 0 ? 2 : 4) * f(from + i * step);
  return (sum * step) / 3;
}
