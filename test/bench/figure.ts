/** One number of the result. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the issue asks for; null when the number is only shown. */
  readonly wanted: Wanted | null;
  /** The same number of the bare loop, measured in the same run; null where it has none. */
  readonly ceiling: number | null;
  /** A promise and not a speed: the benchmark ends with 1 when it is broken. */
  readonly isPromise?: true;
}
type Wanted = { readonly atLeast: number } | { readonly atMost: number };

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Where a number comes from or what it does not say. */
  readonly notes: readonly string[];
}

/** One measurement, as it is printed and as it stands in the JSON. */
export type Round = Readonly<Record<string, string | number>>;

export function isMet({ value, wanted }: Figure): boolean {
  if (wanted === null) return true;
  return "atLeast" in wanted ? value >= wanted.atLeast : value <= wanted.atMost;
}

/** Lines of a table: figure, measured, wanted, ceiling, verdict. A quick run judges promises only. */
export function formatFigures(figures: readonly Figure[], { isQuick }: { readonly isQuick: boolean }): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${formatNumber(figure.value)} ${figure.unit}`.trimEnd(),
    formatWanted(figure.wanted),
    figure.ceiling === null ? "" : formatNumber(figure.ceiling),
    figure.wanted === null || (isQuick && !figure.isPromise) ? "" : isMet(figure) ? "ok" : "MISSED",
  ]);
  const table = [["figure", "measured", "wanted", "ceiling", ""], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return table.map((row) => line(row).trimEnd()).join("\n");
}

export function formatRound(round: Round): string {
  return Object.entries(round)
    .map(([name, value]) => `${name} ${typeof value === "number" ? formatNumber(value) : value}`)
    .join(", ");
}

function formatWanted(wanted: Wanted | null): string {
  if (wanted === null) return "";
  return "atLeast" in wanted ? `>= ${formatNumber(wanted.atLeast)}` : `<= ${formatNumber(wanted.atMost)}`;
}

/** Three digits that mean something, without an exponent. */
function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(digits)).toLocaleString("en-US");
}
