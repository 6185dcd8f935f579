/** The gallery's runs as text. A part of the page of its own: nobody who does not look for a run loads it. */
export const texts = import.meta.glob<string>("../../experiments/gallery/*.results/runs/*/*.{json,jsonl}", {
  query: "?raw",
  import: "default",
  eager: true,
});
