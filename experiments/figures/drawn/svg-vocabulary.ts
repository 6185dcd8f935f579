/** What a drawing may consist of: shapes, text, gradients, pictures that it carries with it. No scripts, links, animation or foreign markup. */

import { isSmallPicture } from "./picture-size.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

export const svgElements = words(`
  svg g defs symbol use style title desc path rect circle ellipse line polyline polygon text tspan textPath image marker mask
  clipPath pattern linearGradient radialGradient stop`);

/** Elements whose text means something. */
export const textElements = words("text tspan textPath title desc style");

export const svgAttributes = words(`
  id class style role x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy d points width height viewBox transform rotate
  preserveAspectRatio pathLength textLength lengthAdjust startOffset method spacing side href xlink:href xml:space
  offset gradientUnits gradientTransform spreadMethod stop-color stop-opacity
  patternUnits patternContentUnits patternTransform clipPathUnits maskUnits maskContentUnits
  markerUnits markerWidth markerHeight refX refY orient marker-start marker-mid marker-end
  clip-path clip-rule mask fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray stroke-dashoffset
  stroke-linecap stroke-linejoin stroke-miterlimit vector-effect paint-order shape-rendering text-rendering image-rendering
  color color-interpolation opacity visibility display overflow mix-blend-mode isolation
  font-family font-size font-size-adjust font-stretch font-style font-variant font-weight letter-spacing word-spacing
  text-anchor text-decoration dominant-baseline alignment-baseline baseline-shift writing-mode unicode-bidi direction
  aria-label aria-description aria-hidden aria-labelledby aria-describedby aria-roledescription`);

const measures = words(`
  x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy d points width height transform rotate pathLength textLength startOffset offset gradientTransform
  patternTransform markerWidth markerHeight refX refY stroke-width stroke-dasharray stroke-dashoffset stroke-miterlimit font-size letter-spacing word-spacing`);

/** Renderers compute in 32 bits and break on the squares of such numbers; dashes without length have no end. */
function isBeyondMeasure(attribute: string, value: string): boolean {
  const numbers = [...value.matchAll(/(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi)].map(([number]) => Number(number));
  return (
    numbers.some((number) => number > 1e9) || (attribute === "stroke-dasharray" && numbers.some((number) => number > 0 && number < 0.01))
  );
}

/** Pictures that an `image` may carry in itself. */
const carried = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$/;

/** Every `url(…)` names a part of the drawing itself; a backslash could spell anything. */
export const pointsInside = (css: string): boolean =>
  !/[\\]|@import|@keyframes|@font-face|animation|transition|filter|binding|behavior|expression\s*\(|image(-set)?\s*\(|cross-fade\s*\(|src\s*\(/i.test(
    css,
  ) && [...css.matchAll(/url\s*\(\s*(['"]?)\s*(.?)/gi)].every(([, , first]) => first === "#");

export function isAllowedValue(element: string, attribute: string, value: string): boolean {
  if (attribute !== "href" && attribute !== "xlink:href")
    return pointsInside(value) && !(measures.has(attribute) && isBeyondMeasure(attribute, value));
  return element === "image" ? carried.test(value.trim()) && isSmallPicture(value.trim()) : value.trim().startsWith("#");
}
