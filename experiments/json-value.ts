/** Values that JSON can carry, which is all that a notebook, an option or a store may say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
