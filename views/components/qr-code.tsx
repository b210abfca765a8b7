import { Html } from "@elysiajs/html";

/** Drawn as one path, dark on light in both themes, because that is what cameras expect. */
export function QrCode({ modules, label }: { modules: readonly (readonly boolean[])[]; label: string }): JSX.Element {
  const size = modules.length;
  const path = modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg class="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={String(size)} height={String(size)} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
