/** The part of jstat that is used: it ships no types. */
declare module "jstat" {
  interface ContinuousDistribution<Parameters extends number[]> {
    pdf(x: number, ...parameters: Parameters): number;
    cdf(x: number, ...parameters: Parameters): number;
    inv(p: number, ...parameters: Parameters): number;
  }
  export const jStat: {
    /** parameters: degrees of freedom */
    studentt: ContinuousDistribution<[dof: number]>;
    /** parameters: degrees of freedom, noncentrality */
    noncentralt: Pick<ContinuousDistribution<[dof: number, ncp: number]>, "cdf">;
    /** parameters: degrees of freedom */
    chisquare: Pick<ContinuousDistribution<[dof: number]>, "cdf">;
    /** parameters: mean, standard deviation */
    normal: ContinuousDistribution<[mean: number, sd: number]>;
    gammaln(x: number): number;
  };
  const module: { jStat: typeof jStat };
  export default module;
}
