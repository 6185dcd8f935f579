import { expect, test } from "vitest";
import { formatCount, formatDuration, formatP, formatQuantity, formatSigned, formatValue } from "../../experiments/statistics/numbers.ts";

test("a value shows two digits of its uncertainty, or four digits where there is none", () => {
  expect([
    formatValue(0.03127, 0.019),
    formatValue(3.9217, 0.4),
    formatValue(1.23456),
    formatValue(3),
    formatValue(59_000),
    formatValue(0),
  ]).toEqual(["0.031", "3.92", "1.235", "3", "59,000", "0"]);
});

test("minus is a minus sign, zero has no sign, and what is no number says so", () => {
  expect([
    formatSigned(-0.031, 0.019),
    formatSigned(0.012, 0.019),
    formatSigned(-0.0001, 0.19),
    formatSigned(0),
    formatValue(NaN),
    formatValue(-Infinity),
  ]).toEqual(["−0.031", "+0.012", "0.00", "0", "n/a", "−∞"]);
});

test("quantities, counts, p values and durations", () => {
  expect([formatQuantity(277_123), formatQuantity(660_000), formatQuantity(12)]).toEqual(["277 k", "660 k", "12"]);
  expect([formatCount(409_600), formatP(0.0004), formatP(0.0314), formatP(0.5)]).toEqual(["409,600", "< 0.001", "0.031", "0.50"]);
  expect([formatDuration(3.2), formatDuration(59.7), formatDuration(252), formatDuration(7500)]).toEqual([
    "3.2 s",
    "1 min 0 s",
    "4 min 12 s",
    "2 h 5 min",
  ]);
});
