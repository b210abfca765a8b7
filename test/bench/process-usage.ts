import { readFileSync } from "node:fs";

/** Linux counts CPU time in hundredths of a second for whoever reads /proc, whatever its own clock is. */
const TICKS_PER_SECOND = 100;

/** User and system time that the process has used so far, all its threads together. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the program's name in brackets, which may hold spaces; the ones after it are numbers.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return (userTicks + systemTicks) / TICKS_PER_SECOND;
}

/** Resident memory as `ps` shows it, the mapped parts of the binary included. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, "VmRSS");
}

/** The part of it that is the process's own: without the binary's pages, which every process of it shares. */
export function privateBytes(pid: number): number {
  return statusBytes(pid, "RssAnon");
}

function statusBytes(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024;
}
