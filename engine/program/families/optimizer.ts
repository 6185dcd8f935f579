/** The step itself. */
import { f, numbers, type OpRecords } from "../op-record.ts";

export const optimizer: OpRecords<"clipScale" | "adamw" | "biasUpdate"> = {
  clipScale: {
    signature: (a) => ({ inputs: [f(a.length), numbers], outputs: [f(1), f(1)] }),
  },

  adamw: {
    signature: (a) => {
      const pool = f(a.length);
      return { inputs: [pool, pool, pool, pool, f(1), numbers], outputs: [pool, pool, pool] };
    },
    inPlace: [0, 2, 3],
  },

  biasUpdate: {
    signature: (a) => ({ inputs: [f(a.experts), f(a.groups, a.experts), f(1), numbers], outputs: [f(a.experts)] }),
    inPlace: [0],
  },
};
