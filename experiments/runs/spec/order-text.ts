import type { RunConfig } from "../../../engine/model/config.ts";

const meanings = {
  stratified: 'sequences of each batch in a fixed order, any n neighbours a miniature of it (data.order "stratified")',
  random: 'sequences of each batch in a drawn order (data.order "random")',
  iid: 'the domain of every sequence drawn (data.order "iid")',
};

/** In which order the sequences of a batch come, for a person who reads a plan; null where it is what it always is: stratified in every arm. */
export function orderText(configs: readonly Pick<RunConfig, "data">[]): string | null {
  const orders = [...new Set(configs.map(({ data }) => data.order ?? "stratified"))];
  return orders.length === 1 && orders[0] === "stratified" ? null : orders.map((order) => meanings[order]).join("; in other arms: ");
}
