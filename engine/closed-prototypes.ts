/**
 * The first import of every thread: what all objects share cannot be changed any more. No way of ours walks from a file's names to
 * these objects (experiments/own-keys.ts); should one do so all the same, it ends in an error here and not in code.
 *
 * Assigning `toString` to an object of one's own, as libraries do, goes on working, which a frozen Object.prototype would forbid:
 * what Object.prototype holds are accessors that give the value, and define it on whatever else is assigned to.
 */
for (const name of Object.getOwnPropertyNames(Object.prototype)) {
  const { value, configurable } = Object.getOwnPropertyDescriptor(Object.prototype, name)!;
  if (value === undefined || !configurable) continue;
  Object.defineProperty(Object.prototype, name, {
    get: () => value as unknown,
    set(this: unknown, own: unknown) {
      if (this === Object.prototype) throw new TypeError(`Object.prototype.${name} cannot be changed`);
      if (typeof this === "object" || typeof this === "function")
        Object.defineProperty(this, name, { value: own, writable: true, enumerable: true, configurable: true });
    },
    enumerable: false,
    configurable: false,
  });
}

// no names are added to what every value inherits from
for (const { prototype } of [
  Object,
  Function,
  Array,
  String,
  Number,
  Boolean,
  Symbol,
  BigInt,
  RegExp,
  Date,
  Error,
  Promise,
  Map,
  Set,
  WeakMap,
  WeakSet,
])
  Object.preventExtensions(prototype);

export {};
