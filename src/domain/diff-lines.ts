/** One line of a comparison; `skipped` stands for so many lines that are the same. */
export type DiffLine =
  | { readonly kind: "same" | "added" | "removed"; readonly text: string }
  | { readonly kind: "skipped"; readonly count: number };

/** Above this many differences the exact comparison would take too long; the middle is then shown as replaced. */
const MAX_EDITS = 1_000;

/** Compares line by line (Myers 1986: the fewest additions and removals), with `context` lines around each change. */
export function diffLines(before: string, after: string, context: number): DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = compare(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (text: string) => ({ kind: "same", text }) as const;
  const lines = [...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)];
  return skipSame(lines, context);
}

type PlainLine = Extract<DiffLine, { text: string }>;

function compare(a: readonly string[], b: readonly string[]): PlainLine[] {
  const traces = findPath(a, b);
  if (!traces)
    return [
      ...a.map((text) => ({ kind: "removed", text }) as const),
      ...b.map((text) => ({ kind: "added", text }) as const),
    ];
  const lines: PlainLine[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = traces.length - 1; d >= 0; d -= 1) {
    const reached = traces[d]!;
    const k = x - y;
    const isDown = k === -d || (k !== d && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
    const fromK = isDown ? k + 1 : k - 1;
    const fromX = reached.get(fromK) ?? 0;
    const fromY = fromX - fromK;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      lines.push({ kind: "same", text: a[x]! });
    }
    if (d === 0) break;
    if (isDown) lines.push({ kind: "added", text: b[fromY]! });
    else lines.push({ kind: "removed", text: a[fromX]! });
    [x, y] = [fromX, fromY];
  }
  return lines.reverse();
}

/** For each number of edits, how far along each diagonal they lead; null when it takes too many. */
function findPath(a: readonly string[], b: readonly string[]): ReadonlyMap<number, number>[] | null {
  const traces: Map<number, number>[] = [];
  let reached = new Map([[1, 0]]);
  const most = Math.min(a.length + b.length, MAX_EDITS);
  for (let d = 0; d <= most; d += 1) {
    traces.push(reached);
    const next = new Map(reached);
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && (next.get(k - 1) ?? -1) < (next.get(k + 1) ?? -1));
      let x = isDown ? (next.get(k + 1) ?? 0) : (next.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return traces;
    }
    reached = next;
  }
  return null;
}

function skipSame(lines: readonly PlainLine[], context: number): DiffLine[] {
  const isNear = new Array<boolean>(lines.length).fill(false);
  lines.forEach((line, at) => {
    if (line.kind !== "same")
      for (let near = Math.max(0, at - context); near <= Math.min(lines.length - 1, at + context); near += 1)
        isNear[near] = true;
  });
  const shown: DiffLine[] = [];
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1);
    if (isNear[at]) shown.push(line);
    else if (last?.kind === "skipped") shown[shown.length - 1] = { kind: "skipped", count: last.count + 1 };
    else shown.push({ kind: "skipped", count: 1 });
  }
  return shown;
}
