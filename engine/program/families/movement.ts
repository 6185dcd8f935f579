/** Moving and adding, without arithmetic of their own. */
import { f, only, type OpRecords } from "../op-record.ts";

export const movement: OpRecords<"add" | "copy" | "fill" | "concatColumns" | "splitColumns" | "sliceSequence" | "sliceSequenceGrad"> = {
  add: {
    signature: (a) => ({ inputs: [f(a.length), f(a.length), f(a.length)], outputs: [f(a.length)] }),
    fewestInputs: 2,
    gradient: (c, { inputs }, d) => {
      for (const input of inputs) c.contributeTensor(input, only(d));
    },
  },

  copy: {
    signature: (a) => ({ inputs: [f(a.length)], outputs: [f(a.length)] }),
  },

  fill: {
    signature: (a) => ({ inputs: [], outputs: [f(a.length)] }),
  },

  concatColumns: {
    signature: (a) => ({ inputs: [f(a.rows, a.left), f(a.rows, a.right)], outputs: [f(a.rows, a.left + a.right)] }),
    gradient: (c, { attrs, inputs: [left, right] }, d) => {
      const [dLeft, dRight] = c.emit("splitColumns", attrs, [only(d)]);
      c.contributeTensor(left, dLeft);
      c.contributeTensor(right, dRight);
    },
  },

  splitColumns: {
    signature: (a) => ({ inputs: [f(a.rows, a.left + a.right)], outputs: [f(a.rows, a.left), f(a.rows, a.right)] }),
    gradient: (c, { attrs, inputs: [joined] }, [dLeft, dRight]) => {
      if (!dLeft || !dRight) throw new Error("splitColumns wants both gradients");
      c.contribute(joined, "concatColumns", attrs, [dLeft, dRight]);
    },
  },

  sliceSequence: {
    signature: (a) => ({ inputs: [f(a.batch * a.fromLen, a.width)], outputs: [f(a.batch * a.length, a.width)] }),
    gradient: (c, { attrs, inputs: [x] }, d) => c.contribute(x, "sliceSequenceGrad", attrs, [only(d)]),
  },

  sliceSequenceGrad: {
    signature: (a) => ({ inputs: [f(a.batch * a.length, a.width)], outputs: [f(a.batch * a.fromLen, a.width)] }),
    accumulates: true,
  },
};
