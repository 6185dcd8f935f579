/** A figure is still: what would move it is refused where it is asked for, instead of leaving half a drawing. */
import * as d3 from "d3";

d3.selection.prototype.transition = () => {
  throw new TypeError("a cell has no clock: set the attributes at once, without .transition()");
};
