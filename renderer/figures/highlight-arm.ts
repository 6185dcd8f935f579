/** Marks in a drawn figure what belongs to one arm: the figure's SVG stays as it was drawn, but for two attributes. */

/** @param arm null: no arm is meant more than the others */
export function highlightArm(picture: Element, arm: string | null): void {
  for (const group of picture.querySelectorAll("g[data-arm]")) {
    const own = group.getAttribute("data-arm") === arm;
    // the legend names them all, whichever is meant
    const named = group.querySelector('[data-role="legend"]') !== null;
    group.toggleAttribute("data-lit", arm !== null && own && !named);
    group.toggleAttribute("data-faded", arm !== null && !own && !named);
  }
}
