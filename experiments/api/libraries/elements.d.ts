/*
 * Types of elements for cells: what d3 and Plot make and take, as far as a drawing needs it. The browser's own
 * declarations would also promise `window`, `fetch` and a thousand names that a cell does not have.
 */

interface EventTarget {}
interface Node extends EventTarget {
  readonly nodeName: string;
  readonly nodeType: number;
  readonly ownerDocument: Document | null;
  readonly parentNode: Node | null;
  readonly childNodes: NodeListOf<Node>;
  readonly firstChild: Node | null;
  readonly lastChild: Node | null;
  readonly nextSibling: Node | null;
  textContent: string | null;
  appendChild<T extends Node>(child: T): T;
  insertBefore<T extends Node>(child: T, before: Node | null): T;
  removeChild<T extends Node>(child: T): T;
  cloneNode(deep?: boolean): Node;
  contains(other: Node | null): boolean;
}
interface NodeListOf<T> {
  readonly length: number;
  readonly [index: number]: T;
  [Symbol.iterator](): IterableIterator<T>;
}
interface Text extends Node {
  data: string;
}
interface Element extends Node {
  readonly tagName: string;
  readonly children: NodeListOf<Element>;
  id: string;
  className: unknown;
  innerHTML: string;
  readonly outerHTML: string;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  hasAttribute(name: string): boolean;
  append(...nodes: (Node | string)[]): void;
  prepend(...nodes: (Node | string)[]): void;
  before(...nodes: (Node | string)[]): void;
  after(...nodes: (Node | string)[]): void;
  replaceWith(...nodes: (Node | string)[]): void;
  remove(): void;
  querySelector<E extends Element = Element>(selectors: string): E | null;
  querySelectorAll<E extends Element = Element>(selectors: string): NodeListOf<E>;
}
interface Document extends Node {
  readonly documentElement: HTMLElement;
  readonly body: HTMLElement;
  createElement<K extends keyof HTMLElementTagNameMap>(name: K): HTMLElementTagNameMap[K];
  createElement(name: string): HTMLElement;
  createElementNS(namespace: string | null, name: string): Element;
  createTextNode(data: string): Text;
}
interface XMLDocument extends Document {}
interface Window extends EventTarget {
  readonly document: Document;
}
interface CSSStyleDeclaration {
  [property: string]: any;
}
interface HTMLElement extends Element {
  readonly style: CSSStyleDeclaration;
  className: string;
}
interface HTMLTableElement extends HTMLElement {}
interface HTMLImageElement extends HTMLElement {}
interface SVGElement extends Element {
  readonly style: CSSStyleDeclaration;
}
interface SVGGraphicsElement extends SVGElement {}
interface SVGSVGElement extends SVGGraphicsElement {}
interface SVGGElement extends SVGGraphicsElement {}
interface SVGMarkerElement extends SVGElement {}
interface SVGTextElement extends SVGGraphicsElement {}

interface HTMLElementTagNameMap {
  div: HTMLElement;
  figure: HTMLElement;
  figcaption: HTMLElement;
  h1: HTMLElement;
  h2: HTMLElement;
  h3: HTMLElement;
  p: HTMLElement;
  span: HTMLElement;
  table: HTMLTableElement;
  tbody: HTMLElement;
  td: HTMLElement;
  th: HTMLElement;
  thead: HTMLElement;
  tr: HTMLElement;
}
interface SVGElementTagNameMap {
  circle: SVGGraphicsElement;
  clipPath: SVGElement;
  defs: SVGGraphicsElement;
  desc: SVGElement;
  ellipse: SVGGraphicsElement;
  g: SVGGElement;
  image: SVGGraphicsElement;
  line: SVGGraphicsElement;
  linearGradient: SVGElement;
  marker: SVGMarkerElement;
  mask: SVGElement;
  path: SVGGraphicsElement;
  pattern: SVGElement;
  polygon: SVGGraphicsElement;
  polyline: SVGGraphicsElement;
  radialGradient: SVGElement;
  rect: SVGGraphicsElement;
  stop: SVGElement;
  svg: SVGSVGElement;
  symbol: SVGElement;
  text: SVGTextElement;
  tspan: SVGTextElement;
  use: SVGGraphicsElement;
}

interface ElementTagNameMap extends HTMLElementTagNameMap, SVGElementTagNameMap {}

/* What d3's declarations mention of parts that a cell has no use for. */
interface Event {}
interface CustomEvent<T = any> extends Event {
  readonly detail: T;
}
interface MouseEvent extends Event {}
interface WheelEvent extends MouseEvent {}
interface EventMap {
  [type: string]: Event;
}
interface WindowEventMap extends EventMap {}
interface DocumentEventMap extends EventMap {}
interface ElementEventMap extends EventMap {}
interface HTMLElementEventMap extends EventMap {}
interface SVGElementEventMap extends EventMap {}
interface GlobalEventHandlersEventMap extends EventMap {}
interface AddEventListenerOptions {}
interface RequestInit {}
interface Blob {}
interface ImageData {}
interface CanvasPath {}
