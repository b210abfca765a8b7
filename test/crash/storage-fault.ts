import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StartOptions } from "./installation.ts";
import type { ServerProcess } from "./server-process.ts";

/** A way to make the data directory fail under a running server, with real errors from the operating system. */
export interface StorageFault {
  /** Where the installation is made; null for the machine's temporary folder. */
  readonly parent: string | null;
  /** How a server is started so that the fault can reach it, or reaches it already. */
  startOptions(): StartOptions;
  /** `server` is the one that is running, null for none. */
  begin(server: ServerProcess | null): void;
  end(server: ServerProcess | null): void;
  /** When no server runs on it any more. */
  remove(): void;
}

// A limit on the size of files --------------------------------------------------------------------------------------

/** So little that nothing more goes into the database or its log, wherever it would be written. */
const SMALL_FILE_KIB = 1;

/**
 * RLIMIT_FSIZE: writing beyond a file size fails with EFBIG. The soft limit is set by the shell that becomes the
 * server, and moved from outside by prlimit(1); both need no rights. SIGXFSZ, which would end the process, is ignored.
 */
export function fileSizeLimit(): StorageFault {
  let lasts = false;
  return {
    parent: null,
    startOptions() {
      const limit = lasts ? `ulimit -S -f ${SMALL_FILE_KIB};` : "";
      return { wrap: (command) => ["bash", "-c", `trap '' XFSZ; ${limit} exec "$0" "$@"`, ...command] };
    },
    begin(server) {
      lasts = true;
      if (server) limitFiles(server, String(SMALL_FILE_KIB * 1_024));
    },
    end(server) {
      lasts = false;
      if (server) limitFiles(server, "unlimited");
    },
    remove() {},
  };
}

function limitFiles({ pid }: ServerProcess, softBytes: string): void {
  run("prlimit", "--pid", String(pid), `--fsize=${softBytes}:unlimited`);
}

// A small file system -----------------------------------------------------------------------------------------------

const TMPFS_SIZE = "24m";

/** ENOSPC: a file system of its own that another file fills up. Needs the right to mount. */
export function fullFileSystem(): StorageFault {
  const parent = mkdtempSync(join(tmpdir(), "small-disk-"));
  run("mount", "-t", "tmpfs", "-o", `size=${TMPFS_SIZE}`, "tmpfs", parent);
  const ballast = join(parent, "ballast");
  return {
    parent,
    startOptions: () => ({}),
    begin() {
      // Until nothing more goes in.
      Bun.spawnSync(["dd", "if=/dev/zero", `of=${ballast}`, "bs=4096"], { stderr: "ignore" });
    },
    end: () => rmSync(ballast),
    remove() {
      run("umount", parent);
      rmSync(parent, { recursive: true });
    },
  };
}

/** Null when there is nothing in the way of it. */
export function whyNoMount(): string | null {
  if (process.getuid?.() !== 0) return "only root may mount a file system";
  try {
    fullFileSystem().remove();
    return null;
  } catch (error) {
    return `a file system cannot be mounted here: ${(error as Error).message}`;
  }
}

// A dying disk ------------------------------------------------------------------------------------------------------

/** EIO from write(2) or from fsync(2), made by a library in front of libc. Needs a C compiler. */
export function inputOutputError(what: "FAIL_WRITES" | "FAIL_SYNCS"): StorageFault {
  const folder = mkdtempSync(join(tmpdir(), "fail-storage-"));
  const library = join(folder, "fail-storage.so");
  const faulty = join(folder, "faulty");
  run("cc", "-shared", "-fPIC", "-o", library, join(import.meta.dir, "fail-storage.c"), "-ldl");
  return {
    parent: null,
    startOptions: () => ({ environment: { LD_PRELOAD: library, [what]: faulty } }),
    begin: () => writeFileSync(faulty, ""),
    end: () => rmSync(faulty),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

export function whyNoCompiler(): string | null {
  return Bun.which("cc") === null ? "there is no C compiler (cc)" : null;
}

function run(...command: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([...command]);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString().trim()}`);
}
