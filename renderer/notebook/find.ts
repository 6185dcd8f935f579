/** Places of a text in rendered content, across the spans that highlighting makes, ignoring case. */
export function textRanges(root: HTMLElement, wanted: string): Range[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes: { node: Text; start: number }[] = [];
  let text = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push({ node: node as Text, start: text.length });
    text += (node as Text).data;
  }
  const lower = text.toLowerCase();
  const needle = wanted.toLowerCase();
  // Where lower case changes the length (İ), offsets would be wrong: compare as written there.
  const [haystack, sought] = lower.length === text.length ? [lower, needle] : [text, wanted];
  const locate = (offset: number): { node: Text; offset: number } => {
    let low = 0;
    let high = nodes.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (nodes[middle].start <= offset) low = middle;
      else high = middle;
    }
    return { node: nodes[low].node, offset: offset - nodes[low].start };
  };
  const ranges: Range[] = [];
  for (let found = haystack.indexOf(sought); found !== -1; found = haystack.indexOf(sought, found + sought.length)) {
    const range = document.createRange();
    const [from, to] = [locate(found), locate(found + sought.length - 1)];
    range.setStart(from.node, from.offset);
    range.setEnd(to.node, to.offset + 1);
    ranges.push(range);
  }
  return ranges;
}
